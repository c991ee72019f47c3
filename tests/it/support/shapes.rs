//! The shapes that requests, worlds and answers have in many tests.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Workspace, find};

/// Limits that stop nothing, to append to settings.
pub const NO_LIMITS: &str =
    "limits: {removals: 100000, removal_percent: 100, inactivations: 100000}\n";

/// A request of the three required texts, with both lists as they stand in YAML.
pub fn request(access_type: &str, employees: &str, roles: &str) -> String {
    format!(
        "name: A change\nchange_overview: Needed for a test\naccess_type: {access_type}\n\
         requested_by: dana\naffected_employees: {employees}\naffected_roles: {roles}\n"
    )
}

/// Role additions.
pub fn addition(employees: &[&str], roles: &[&str]) -> String {
    request("role_additions", &list(employees), &list(roles))
}

/// Role reductions.
pub fn reduction(employees: &[&str], roles: &[&str]) -> String {
    request("role_reductions", &list(employees), &list(roles))
}

/// Temporary access until `end_date` (the end of that day in New York, unless `more` names a zone or a time).
pub fn temporary(employees: &[&str], roles: &[&str], end_date: &str) -> String {
    request("temporary_access", &list(employees), &list(roles)) + "end_date: " + end_date + "\n"
}

/// A YAML list in one line.
pub fn list(entries: &[&str]) -> String {
    format!("[{}]", entries.join(", "))
}

/// `prefix01`, `prefix02` and so on.
pub fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("{prefix}{number:02}"))
        .collect()
}

/// Borrows a list of texts.
pub fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// `request:change_type` of everything that a reconcile applied, without the baseline.
#[track_caller]
pub fn applied(outcome: &Value) -> Vec<String> {
    outcome["applied"]
        .as_array()
        .expect("a list of what was applied")
        .iter()
        .filter(|entry| entry["change_type"] != "baseline")
        .map(|entry| {
            format!(
                "{}:{}",
                entry["request"].as_str().unwrap_or("-"),
                entry["change_type"].as_str().expect("a change type")
            )
        })
        .collect()
}

/// One employee's part of the values of a change log.
#[track_caller]
pub fn value<'a>(log: &'a Value, employee: &str) -> &'a Value {
    find(&log["values"], employee).unwrap_or_else(|| panic!("{employee} is not in {log:#}"))
}

/// Whether a log notes that something of this employee (and this role, or all) was left out, for this reason.
pub fn left_out(log: &Value, employee: &str, role: &str, reason: &str) -> bool {
    log["left_out"].as_array().is_some_and(|entries| {
        entries.iter().any(|entry| {
            entry["employee"] == employee
                && (entry["role"] == role || entry["role"].is_null())
                && entry["reason"] == reason
        })
    })
}

/// Whether a list of findings has one of this severity with a text in its message, hint or path; `a|b` is either.
pub fn has_finding(findings: &Value, severity: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    findings.as_array().is_some_and(|findings| {
        findings.iter().any(|finding| {
            finding["severity"] == severity
                && ["message", "hint", "path"]
                    .iter()
                    .filter_map(|key| finding[key].as_str())
                    .any(|part| {
                        let part = part.to_lowercase();
                        text.split('|').any(|text| part.contains(text))
                    })
        })
    })
}

/// Whether an answer has a warning other than the one that `inline` evidence cannot bind content.
pub fn warns(answer: &Value) -> bool {
    all_findings(answer).as_array().is_some_and(|findings| {
        findings.iter().any(|finding| {
            finding["severity"] == "warning" && !finding.to_string().contains("inline")
        })
    })
}

/// Every finding in an answer: its own, and those of its requests.
pub fn all_findings(answer: &Value) -> Value {
    let mut findings = answer["findings"].as_array().cloned().unwrap_or_default();
    for request in answer["requests"].as_array().into_iter().flatten() {
        findings.extend(request["findings"].as_array().cloned().unwrap_or_default());
    }
    Value::Array(findings)
}

/// `sha256:` and the digest of bytes in hexadecimal.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes.as_ref()) {
        write!(text, "{byte:02x}").expect("writing to a text");
    }
    text
}

impl Workspace {
    /// Replaces a text in a file, which must be there.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{from:?} is not in {path}:\n{text}");
        self.write(path, text.replace(from, to));
    }

    /// Replaces a text in the settings.
    #[track_caller]
    pub fn settings(&self, from: &str, to: &str) {
        self.edit("rolecall.yaml", from, to);
    }

    /// Appends lines to the settings.
    #[track_caller]
    pub fn more_settings(&self, lines: &str) {
        self.write("rolecall.yaml", self.read("rolecall.yaml") + lines);
    }

    /// Appends an employee to the hand-made state.
    #[track_caller]
    pub fn employee_with(&self, id: &str, status: &str, roles: &[&str]) {
        let text = format!(
            "{}  {id}:\n    name: The {id}\n    status: {status}\n    roles: {}\n",
            self.read("state/state.yaml"),
            list(roles)
        );
        self.write("state/state.yaml", text);
    }

    /// A world of employees `e01`… and roles `r01`…, where each employee holds the first `held` roles; no limits.
    pub fn wide(employees: usize, roles: usize, held: usize) -> Self {
        let workspace = Self::new();
        let mut catalogue = String::new();
        for role in numbered("r", roles) {
            writeln!(catalogue, "  {role}: {{name: Role {role}}}").expect("writing to a text");
        }
        workspace.more_settings(&(catalogue + NO_LIMITS));
        let held = numbered("r", held);
        for employee in numbered("e", employees) {
            workspace.employee_with(&employee, "active", &borrowed(&held));
        }
        workspace
    }

    /// Writes `requests/<id>.yaml`, approved by Alice at a moment.
    pub fn approved_at(&self, id: &str, text: &str, at: &str) {
        self.request(
            id,
            &format!("{text}approvals:\n- {{by: alice, decision: approve, at: {at}}}\n"),
        );
    }

    /// Runs `reconcile --format json` and asserts the exit code.
    #[track_caller]
    pub fn reconcile_exits(&self, code: i32) -> Value {
        self.run(&["reconcile", "--format", "json"])
            .exits(code)
            .json()
    }

    /// Runs a command with `--format json`, asserts the exit code, and gives the JSON.
    #[track_caller]
    pub fn answer(&self, arguments: &[&str], code: i32) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        self.run(&all).exits(code).json()
    }

    /// Asserts the status of a request and what it waits for.
    #[track_caller]
    pub fn stands(&self, id: &str, status: &str, waiting_for: Option<&str>) -> Value {
        let request = self.status(id);
        assert_eq!(request["status"], status, "{request:#}");
        assert_eq!(request["waiting_for"].as_str(), waiting_for, "{request:#}");
        request
    }

    /// Whether `status` lists a request at all.
    #[track_caller]
    pub fn lists(&self, id: &str) -> bool {
        find(&self.answer(&["status"], 0)["requests"], id).is_some()
    }

    /// The change logs of one request, oldest first.
    #[track_caller]
    pub fn logs_of(&self, id: &str) -> Vec<Value> {
        let mut logs = self.logs();
        logs.retain(|log| log["request"]["id"] == id);
        logs
    }

    /// The role ids that an employee holds for a time.
    #[track_caller]
    pub fn lent(&self, employee: &str) -> Vec<String> {
        let employee = self.employee(employee);
        let roles = employee["temporary"].as_array().expect("a list of loans");
        let mut roles: Vec<_> = roles
            .iter()
            .map(|entry| entry["role"].as_str().expect("a role").to_owned())
            .collect();
        roles.sort();
        roles.dedup();
        roles
    }

    /// `validate` of one request must fail with an error about it that has a text.
    #[track_caller]
    pub fn rejects(&self, id: &str, text: &str, needle: &str) {
        self.request(id, text);
        let answer = self.answer(&["validate"], 3);
        let path = format!("requests/{id}.yaml");
        let about: Vec<_> = answer["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter(|finding| finding["path"] == path.as_str())
            .cloned()
            .collect();
        assert!(
            has_finding(&strip_path(about), "error", needle),
            "no error with {needle:?} in {answer:#}"
        );
    }

    /// `validate` must find no error.
    #[track_caller]
    pub fn accepts(&self, id: &str, text: &str) {
        self.request(id, text);
        let answer = self.answer(&["validate"], 0);
        assert!(!has_finding(&answer["findings"], "error", ""), "{answer:#}");
    }

    /// A world in which nothing is automatic.
    pub fn manual() -> Self {
        let workspace = Self::new();
        workspace.settings(
            "auto_provisioning: true, auto_role_removal: true",
            "auto_provisioning: false, auto_role_removal: false",
        );
        workspace
    }

    /// A world in which nothing is automatic, where `add` (Jane gets `ap-payer`) waits for a person.
    #[track_caller]
    pub fn waiting() -> Self {
        let workspace = Self::manual();
        workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
        workspace.reconcile();
        workspace.stands("add", "approved", Some("manual_provisioning"));
        workspace
    }

    /// Gives Jane, who alone holds `ap-clerk`, another role by editing the state file.
    #[track_caller]
    pub fn give_jane(&self, role: &str) {
        self.edit(
            "state/state.yaml",
            "    - ap-clerk\n",
            &format!("    - ap-clerk\n    - {role}\n"),
        );
    }

    /// Edits the entry of an employee in the state file by hand; what is replaced must be there.
    #[track_caller]
    pub fn by_hand(&self, employee: &str, from: &str, to: &str) {
        let text = self.read("state/state.yaml");
        let (head, rest) = text
            .split_once(&format!("  {employee}:\n"))
            .expect("the employee");
        assert!(rest.contains(from), "{from:?} is not in\n{rest}");
        let rest = rest.replacen(from, to, 1);
        self.write("state/state.yaml", format!("{head}  {employee}:\n{rest}"));
    }

    /// The last change log.
    #[track_caller]
    pub fn last_log(&self) -> Value {
        self.logs().pop().expect("a log")
    }

    /// The number of change-log files.
    pub fn log_files(&self) -> usize {
        self.state_files()
            .keys()
            .filter(|path| path.to_string_lossy().contains("changelog"))
            .count()
    }

    /// Deletes a file.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        fs::remove_file(self.path().join(path)).expect("the file is deleted");
    }

    /// The union of an employee's permanent and temporary roles, sorted.
    #[track_caller]
    pub fn holds(&self, employee: &str) -> Vec<String> {
        let mut held = self.roles(employee);
        held.extend(self.lent(employee));
        held.sort();
        held.dedup();
        held
    }
}

/// Takes the paths away, so that a needle is looked for in what the finding says.
fn strip_path(mut findings: Vec<Value>) -> Value {
    for finding in &mut findings {
        finding["path"] = Value::Null;
    }
    Value::Array(findings)
}
