//! Access repositories in git, with evidence `signature`: people, their SSH keys, and decisions made by hand.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::worlds::{addition, log_paths};
use super::{NOW, Run, SETTINGS, Workspace, find};

/// What signatures of approvals are made for.
pub const NAMESPACE: &str = "rolecall-approval";

/// Any of Alice, Bob and Carol.
pub const ONE: &str = "evidence: signature, approvals: 1, approvers: [alice, bob, carol]";

/// Two of Alice, Bob and Carol.
pub const TWO: &str = "evidence: signature, approvals: 2, approvers: [alice, bob, carol]";

/// The three approvers' keys, another one for Alice, and one of nobody.
const NAMES: [&str; 5] = ["alice", "bob", "carol", "spare", "stranger"];

/// Private and public half of a key, as `ssh-keygen` writes them.
type Pair = (String, String);

/// An access repository, and beside it the keys of its people.
pub struct World {
    workspace: Workspace,
    keys: TempDir,
}

impl Borrow<Workspace> for World {
    fn borrow(&self) -> &Workspace {
        &self.workspace
    }
}

impl Deref for World {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Workspace {
        &mut self.workspace
    }
}

/// Settings in which all three change controls have a rule.
pub fn signed_settings(rule: &str) -> String {
    let mut settings = SETTINGS.replace("evidence: inline", rule);
    let alice = "alice: {name: Alice Park, email: alice@acme.example";
    settings = settings.replace(
        &format!("  {alice}}}\n"),
        &format!(
            "  {alice}, keys: [\"{}\"]}}\n\
             \x20 bob: {{name: Bob Ray, email: bob@acme.example, keys: [\"{}\"]}}\n\
             \x20 carol: {{name: Carol Diaz, email: carol@acme.example, keys: [\"{}\"]}}\n",
            public("alice"),
            public("bob"),
            public("carol"),
        ),
    );
    format!("{settings}approval: {{branch: main, valid_for_days: 90}}\n")
}

/// A git repository on `main` with [`signed_settings`] and the usual state, all of it committed. Dana requests, and has no key.
pub fn signed_world(rule: &str) -> World {
    signed_world_with(&signed_settings(rule))
}

/// The same with other settings.
pub fn signed_world_with(settings: &str) -> World {
    let world = plain_world(settings);
    world.git_init();
    world
}

/// The same, not in git.
pub fn plain_world(settings: &str) -> World {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace.write(".gitignore", "state/.rolecall/\n");
    let keys = tempfile::tempdir().expect("a temporary folder");
    for (name, (private, public)) in pairs() {
        secret(&keys.path().join(name), private);
        fs::write(keys.path().join(format!("{name}.pub")), public).expect("a key is written");
    }
    World { workspace, keys }
}

/// A world in which Sam is to get `ap-clerk`, not approved yet.
pub fn with_grant(rule: &str) -> World {
    let world = signed_world(rule);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    world
}

/// The public half of a key, without a comment.
pub fn public(name: &str) -> String {
    let text = &pairs()[name].1;
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Makes the keys once a process; nothing of them stays on the disk.
fn pairs() -> &'static BTreeMap<String, Pair> {
    static PAIRS: OnceLock<BTreeMap<String, Pair>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let names = NAMES.iter();
        names
            .map(|name| ((*name).to_owned(), generate(&["-t", "ed25519"])))
            .collect()
    })
}

/// Makes a key pair of a kind.
pub fn generate(kind: &[&str]) -> Pair {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-C", "a key"]).args(kind);
    command.arg("-f").arg(&file);
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("ssh-keygen starts");
    assert!(output.status.success(), "{output:?}");
    let read = |file: &Path| fs::read_to_string(file).expect("a key");
    let public = read(&folder.path().join("key.pub"));
    (read(&file), public.trim().to_owned())
}

/// Writes a file that only its owner can read.
pub fn secret(path: &Path, text: &str) {
    fs::write(path, "").expect("the file is made");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    fs::write(path, text).expect("the file is written");
}

/// `sha256:` and the digest of some bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let digest = Sha256::digest(bytes.as_ref());
    let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

/// Signs with `ssh-keygen`; the armor of the signature.
pub fn sign_raw(key: &Path, namespace: &str, message: &str) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]);
    let mut child = command
        .env_remove("SSH_AUTH_SOCK")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ssh-keygen starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(message.as_bytes()).expect("it listens");
    drop(stdin);
    let output = child.wait_with_output().expect("ssh-keygen ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("an armor")
}

/// A decision made by hand: the fields, in their order, and what it is signed with.
#[derive(Debug, Clone)]
pub struct Decision {
    fields: Vec<(String, String)>,
    key: String,
    namespace: String,
}

impl Decision {
    /// Sets a field.
    pub fn with(mut self, field: &str, value: &str) -> Self {
        let mut fields = self.fields.iter_mut();
        let known = fields.find(|(known, _)| known == field);
        value.clone_into(&mut known.expect("the field").1);
        self
    }

    /// Leaves a field out.
    pub fn without(mut self, field: &str) -> Self {
        self.fields.retain(|(known, _)| known != field);
        self
    }

    /// Signs with another key than that of the person.
    pub fn by_key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// Signs for something else than approvals.
    pub fn made_for(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    fn message(&self) -> String {
        let lines = self
            .fields
            .iter()
            .map(|(key, value)| format!("{key}: {value}\n"));
        format!("version: 1\n{}", lines.collect::<String>())
    }
}

impl World {
    /// The private half of somebody's key.
    pub fn key(&self, name: &str) -> PathBuf {
        self.keys.path().join(name)
    }

    /// The folder of the keys, which is beside the access repository and goes with it.
    pub fn key_folder(&self) -> &Path {
        self.keys.path()
    }

    /// `approve` or `reject`, with a key, unasked.
    #[track_caller]
    pub fn decide(&self, verb: &str, id: &str, key: &str) -> Run {
        let key = self.key(key);
        self.run(&[verb, id, "--yes", "--key", key.to_str().expect("UTF-8")])
    }

    /// Has a person approve.
    #[track_caller]
    pub fn sign(&self, id: &str, person: &str) {
        self.decide("approve", id, person).exits(0);
    }

    /// What `approve` would have a person sign about a request of the work tree, now.
    #[track_caller]
    pub fn decision(&self, id: &str, person: &str) -> Decision {
        let path = format!("requests/{id}.yaml");
        let content = self.read(&path);
        let settings = self.read("rolecall.yaml");
        let name = settings
            .lines()
            .find_map(|line| line.strip_prefix("repository: "));
        let repository = name.map_or_else(|| self.first_commit(), str::to_owned);
        let blob = self.git(&["hash-object", "--no-filters", &path]);
        let blob = quoted(blob.trim());
        let fields = [
            ("request", id),
            ("path", &path),
            ("content", &sha256(&content)),
            ("blob", &blob),
            ("settings", &sha256(&settings)),
            ("repository", &repository),
            ("decision", "approve"),
            ("person", person),
            ("at", NOW),
            ("expires", "2027-02-21T12:00:00Z"),
        ];
        let mut decision = Decision {
            fields: fields
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            key: person.to_owned(),
            namespace: NAMESPACE.to_owned(),
        };
        if content.contains("role_reductions") {
            decision = decision.without("expires");
        }
        decision
    }

    /// What approvals are bound to where the settings give no name.
    pub fn first_commit(&self) -> String {
        let first = self.git(&["rev-list", "--max-parents=0", "main"]);
        format!("commit:{}", first.trim())
    }

    /// A file of decisions made by hand.
    pub fn by_hand(&self, decisions: &[Decision]) -> String {
        let mut text = "version: 1\ndecisions:\n".to_owned();
        for decision in decisions {
            let mut before = "- ";
            for (key, value) in &decision.fields {
                text.push_str(&format!("{before}{key}: {value}\n"));
                before = "  ";
            }
            let armor = sign_raw(
                &self.key(&decision.key),
                &decision.namespace,
                &decision.message(),
            );
            text.push_str("  signature: |\n");
            for line in armor.lines() {
                text.push_str(&format!("    {line}\n"));
            }
        }
        text + "...\n"
    }

    /// Writes decisions made by hand into a person's file.
    pub fn put(&self, id: &str, person: &str, decisions: &[Decision]) {
        self.write(&file(id, person), self.by_hand(decisions));
    }

    /// Replaces a text in a person's file, which must be there; nothing is signed again.
    #[track_caller]
    pub fn edit_decision(&self, id: &str, person: &str, from: &str, to: &str) {
        let path = file(id, person);
        let text = self.read(&path);
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        self.write(&path, text.replacen(from, to, 1));
    }

    /// Gives a field in a person's file another value; nothing is signed again.
    #[track_caller]
    pub fn set_field(&self, id: &str, person: &str, field: &str, value: &str) {
        let text = self.read(&file(id, person));
        let is_field = |line: &&str| line[2..].starts_with(&format!("{field}: "));
        let line = text.lines().filter(|line| line.len() > 2).find(is_field);
        let line = line.unwrap_or_else(|| panic!("no {field} in\n{text}"));
        let changed = format!("{}{field}: {value}", &line[..2]);
        assert_ne!(line, changed, "nothing is changed");
        self.edit_decision(id, person, line, &changed);
    }

    /// Commits all that is there, as an author.
    pub fn commit_by(&self, name: &str, email: &str) {
        self.git(&["add", "--all"]);
        let mut commit = self.git_command(&["commit", "--quiet", "--allow-empty", "-m", "Change"]);
        commit
            .env("GIT_AUTHOR_NAME", name)
            .env("GIT_AUTHOR_EMAIL", email);
        let output = commit.output().expect("git starts");
        assert!(output.status.success(), "{output:?}");
    }

    /// Edits the settings and commits all that is there.
    #[track_caller]
    pub fn change_settings(&self, from: &str, to: &str) {
        self.edit("rolecall.yaml", from, to);
        self.git_commit("Change the settings");
    }

    /// Revokes somebody's key in the settings.
    pub fn revoke(&self, key: &str, since: &str) {
        let settings = self.read("rolecall.yaml");
        let key = public(key);
        self.write(
            "rolecall.yaml",
            format!(
                "{settings}revoked_keys:\n- {{key: \"{key}\", since: {since}, reason: stolen}}\n"
            ),
        );
    }

    /// One request out of `status --format json`, which must exit 0.
    #[track_caller]
    pub fn standing(&self, id: &str) -> Value {
        let status = self.run(&["status", "--format", "json"]).exits(0).json();
        let found = find(&status["requests"], id);
        found
            .unwrap_or_else(|| panic!("{id} is not in {status:#}"))
            .clone()
    }

    /// All files but git's and the lock, with their bytes; folders and links have none.
    pub fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let is_ours = path.ends_with(".git") || path.ends_with("state/.rolecall");
                if is_ours {
                    continue;
                }
                let bytes = fs::read(&path).unwrap_or_default();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path.clone());
                }
                found.insert(path, bytes);
            }
        }
        found
    }

    /// The requests of all logs but the baseline, oldest first.
    #[track_caller]
    pub fn ran(&self) -> Vec<String> {
        let logs = self.logs();
        logs.iter()
            .filter_map(|log| Some(log["request"]["id"].as_str()?.to_owned()))
            .collect()
    }

    /// Edits a log, and has all that follows agree with it, so that `verify` alone finds nothing.
    #[track_caller]
    pub fn forge_log(&self, serial: usize, edit: impl FnOnce(&str) -> String) {
        let paths = log_paths(self);
        let path = &paths[serial - 1];
        let before = self.read(path);
        let forged = edit(&before);
        assert_ne!(before, forged, "nothing was forged");
        self.write(path, forged);
        relink(self);
        self.run(&["verify"]).exits(0);
    }
}

/// Has each log name the one before it as it is now, and the state file the last one.
pub fn relink(workspace: &Workspace) {
    let mut head = String::new();
    for path in &log_paths(workspace) {
        if !head.is_empty() {
            let text = workspace.read(path);
            let line = text.lines().find(|line| line.starts_with("previous: "));
            let line = line.expect("a hash of the log before");
            workspace.write(path, text.replacen(line, &format!("previous: {head}"), 1));
        }
        head = sha256(workspace.read(path));
    }
    let state = workspace.read("state/state.yaml");
    let line = state.lines().find(|line| line.starts_with("head: "));
    let line = line.expect("the hash of the last log");
    workspace.write(
        "state/state.yaml",
        state.replacen(line, &format!("head: {head}"), 1),
    );
}

/// What begins with a digit is in quotes, so that nobody takes it for a number.
fn quoted(text: &str) -> String {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    }
}

/// A person's file of decisions about a request.
pub fn file(id: &str, person: &str) -> String {
    format!("approvals/{id}/{person}.yaml")
}

/// Lines to a text.
pub fn joined(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

/// The codes of a request's findings.
pub fn codes(request: &Value) -> Vec<&str> {
    let findings = request["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

/// Asserts that each finding of a request says something, and what to do.
#[track_caller]
pub fn all_speak(request: &Value) {
    for finding in request["findings"].as_array().expect("findings") {
        for key in ["message", "hint", "path"] {
            let text = finding[key].as_str().unwrap_or_default();
            assert!(!text.trim().is_empty(), "no {key} in {finding:#}");
        }
    }
}
