//! A small world: employees, roles, rules and requests, as plain numbers that shrink well.

/// The hours that a world lasts, counted from its beginning.
pub const HOURS: u32 = 100;

/// A small company, and what it asks for.
#[derive(Debug, Clone)]
pub struct World {
    /// For each employee.
    pub employees: Vec<Holder>,
    /// For each role.
    pub roles: Vec<RoleKind>,
    /// Rules of separation of duties: whether one denies, and its roles.
    pub separation: Vec<(bool, Vec<usize>)>,
    /// What is automatic.
    pub automatic: Automatic,
    /// For additions, reductions and temporary access: how many have to approve, 0 where changes are only logged.
    pub approvals: [u32; 3],
    /// After how many days an unused approval lapses.
    pub valid_for_days: Option<u32>,
    /// What is asked for.
    pub requests: Vec<Asked>,
}

/// What the reconciler does by itself.
#[derive(Debug, Clone, Copy)]
pub struct Automatic {
    /// *Enhanced User Provisioning*.
    pub enhanced: bool,
    /// *Auto-Provisioning*.
    pub provisioning: bool,
    /// *Auto-Role Removal*.
    pub removal: bool,
}

/// An employee before the first request.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Whether they work here.
    pub active: bool,
    /// What they hold.
    pub roles: Vec<usize>,
    /// What somebody has lent them before there were logs, and until which hour.
    pub lent: Option<(usize, u32)>,
}

/// A role of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleKind {
    /// Nothing special.
    Plain,
    /// Never provisioned automatically.
    Administrator,
    /// Not given permanently.
    TemporaryOnly,
    /// Needs two approvals, whoever asks.
    Guarded,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// *Role Additions*.
    Addition,
    /// *Role Reductions*.
    Reduction,
    /// Temporary access.
    Loan,
}

/// A change request.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct Asked {
    /// What it is about.
    pub kind: Kind,
    /// Who is affected; numbers beyond the company's are people whom the request introduces.
    pub employees: Vec<usize>,
    /// Which roles.
    pub roles: Vec<usize>,
    /// Not before this hour.
    pub start: Option<u32>,
    /// How many hours a loan lasts from its start, or from the world's beginning.
    pub lasts: u32,
    /// Who decides what, at which hour.
    pub decisions: Vec<(usize, bool, u32)>,
    /// `draft: true`.
    pub draft: bool,
    /// Called off.
    pub cancelled: bool,
    /// The word `holders`.
    pub holders: bool,
    /// The word `all`.
    pub all: bool,
    /// *Inactivate After Removal*.
    pub inactivate: bool,
    /// Rehires.
    pub reactivate: bool,
    /// The content is that of the request before it, if there is one.
    pub copy: bool,
}
