//! Jobs of CI on this machine: the scripts that stand in the files under `integrations/`, run as the forge's runner would run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::git::merged_with;
use super::hub::{Hub, TOKEN, bare};
use super::{NOW, Run, Workspace, program};

/// The root of this project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A YAML file of the project.
#[track_caller]
pub fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).expect("the file is there");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// An access repository with somebody who works on it, a forge that has it, and a machine for jobs.
pub struct World {
    /// Where people write, on the protected branch.
    pub author: Workspace,
    /// The forge.
    pub hub: Hub,
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

impl World {
    /// A world with these settings.
    #[track_caller]
    pub fn new(settings: &str) -> Self {
        let author = merged_with(settings);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let served = folder.path().join("served");
        let home = bare(&served);
        fs::create_dir_all(home.parent().expect("a parent")).expect("its folder");
        let (here, there) = (text(author.path()), text(&home));
        author.git(&["clone", "--quiet", "--bare", here, there]);
        author.git(&["remote", "add", "origin", there]);
        author.git(&["fetch", "--quiet", "origin"]);
        for part in ["home", "temp", "bin"] {
            fs::create_dir(folder.path().join(part)).expect("a folder");
        }
        let hub = Hub::start(&served);
        let mut world = Self {
            author,
            hub,
            folder,
            variables: BTreeMap::new(),
        };
        world.watch_curl();
        world
    }

    /// What the forge serves, as a folder.
    pub fn served(&self) -> PathBuf {
        self.folder.path().join("served")
    }

    /// A path on the machine of the jobs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives all jobs that follow a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Puts files on the protected branch, which approves them.
    #[track_caller]
    pub fn merge(&self, files: &[(&str, &str)]) {
        self.author
            .git(&["pull", "--quiet", "--ff-only", "origin", "main"]);
        self.write(files);
        self.author.git_commit("Merge a change");
        self.author.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Puts files on the branch `topic`, and leaves the protected one as it is.
    #[track_caller]
    pub fn propose(&self, files: &[(&str, &str)]) {
        self.author
            .git(&["switch", "--quiet", "--force-create", "topic", "main"]);
        self.write(files);
        self.author.git_commit("Propose a change");
        self.author
            .git(&["push", "--quiet", "--force", "origin", "topic"]);
        self.author.git(&["switch", "--quiet", "main"]);
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            self.author.write(path, text);
        }
    }

    /// Clones what the forge has, with the branch `main` checked out and nothing but `origin` known besides.
    #[track_caller]
    pub fn checkout(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let from = bare(&self.served());
        self.author
            .git(&["clone", "--quiet", text(&from), text(&path)]);
        path
    }

    /// A clone with what merging `topic` would give, on no branch, and no local branch: a pull request as a forge checks it out.
    #[track_caller]
    pub fn checkout_of_pull_request(&self, name: &str) -> PathBuf {
        let path = self.checkout(name);
        let git = |arguments: &[&str]| {
            let mut all = vec!["-C", text(&path)];
            all.extend(arguments);
            self.author.git(&all);
        };
        git(&["switch", "--quiet", "--detach", "origin/main"]);
        git(&["branch", "--quiet", "-D", "main"]);
        git(&["merge", "--quiet", "--no-ff", "--no-edit", "origin/topic"]);
        path
    }

    /// What the forge has at the tip of its protected branch.
    pub fn tip(&self, path: &str) -> String {
        let there = bare(&self.served());
        self.author
            .git(&["--git-dir", text(&there), "show", &format!("main:{path}")])
    }

    /// The subjects of the commits on the forge's protected branch, newest first.
    pub fn subjects(&self) -> Vec<String> {
        let there = bare(&self.served());
        let all = ["--git-dir", text(&there), "log", "--format=%an: %s", "main"];
        self.author.git(&all).lines().map(str::to_owned).collect()
    }

    /// Every argument that `curl` was started with, with the program really started.
    pub fn arguments_of_curl(&self) -> String {
        fs::read_to_string(self.path("curl.log")).unwrap_or_default()
    }

    fn watch_curl(&mut self) {
        let real = std::env::split_paths(&std::env::var_os("PATH").expect("a path"))
            .map(|folder| folder.join("curl"))
            .find(|file| file.is_file())
            .expect("curl is installed: .ci/run does it");
        let log = self.path("curl.log");
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> {}\nexec {} \"$@\"\n",
            text(&log),
            text(&real)
        );
        self.executable("curl", &script);
    }

    fn executable(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, script).expect("the program is written");
        let mut command = Command::new("chmod");
        let status = command.arg("+x").arg(&path).status().expect("chmod starts");
        assert!(status.success(), "chmod");
    }

    /// Puts the tested program on the path of all jobs.
    pub fn install(&self) {
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", text(&program()));
        self.executable("rolecall", &script);
    }

    /// Runs a script as a job.
    #[track_caller]
    pub fn run(
        &self,
        shell: &[&str],
        script: &str,
        folder: &Path,
        variables: &[(String, String)],
    ) -> Run {
        let mut command = Command::new(shell[0]);
        super::scrub(&mut command);
        let mut path = self.path("bin").into_os_string();
        for more in [
            self.added_to_path(),
            std::env::var("PATH").expect("a path").into(),
        ] {
            path.push(":");
            path.push(more);
        }
        command
            .args(&shell[1..])
            .arg(script)
            .current_dir(folder)
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("ROLECALL_NOW", NOW)
            .envs(&self.variables)
            .envs(variables.iter().cloned())
            .stdin(Stdio::null());
        let run = Run::of(command.output().expect("the shell starts"));
        for output in [&run.out, &run.err] {
            assert!(!output.contains(TOKEN), "the token is in\n{output}");
        }
        run
    }

    fn added_to_path(&self) -> std::ffi::OsString {
        let added = fs::read_to_string(self.path("temp/path")).unwrap_or_default();
        added.lines().collect::<Vec<_>>().join(":").into()
    }

    /// Runs the steps of the GitHub action with some inputs, until one fails.
    #[track_caller]
    pub fn action(&mut self, checkout: &Path, inputs: &[(&str, &str)]) -> Run {
        for name in ["output", "summary"] {
            fs::write(self.path("temp").join(name), "").expect("a file");
        }
        let temp = self.path("temp");
        let url = self.hub.url();
        let actions = root().join("integrations/github");
        for (name, value) in [
            ("GITHUB_ACTION_PATH", text(&actions)),
            ("GITHUB_API_URL", &url),
            ("GITHUB_SERVER_URL", &url),
            ("GITHUB_REPOSITORY", "acme/access"),
            ("GITHUB_WORKSPACE", text(checkout)),
            ("GITHUB_OUTPUT", text(&temp.join("output"))),
            ("GITHUB_PATH", text(&temp.join("path"))),
            ("GITHUB_STEP_SUMMARY", text(&temp.join("summary"))),
            ("RUNNER_TEMP", text(&temp)),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
        ] {
            self.set(name, value);
        }
        let action = yaml("integrations/github/action.yml");
        let mut all = Run {
            code: 0,
            out: String::new(),
            err: String::new(),
        };
        for step in action["runs"]["steps"].as_array().expect("steps") {
            if !runs(step, inputs) {
                continue;
            }
            assert_eq!(step["shell"], "bash", "{step}");
            let value = |text: &Value| filled(&action, text.as_str().expect("a text"), inputs);
            let variables: Vec<_> = step["env"]
                .as_object()
                .expect("variables")
                .iter()
                .map(|(name, text)| (name.clone(), value(text)))
                .collect();
            let folder = step.get("working-directory").map_or(".".to_owned(), value);
            let script = step["run"].as_str().expect("a script");
            // As the runner starts it.
            let shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"];
            let run = self.run(&shell, script, &checkout.join(folder), &variables);
            all.out += &run.out;
            all.err += &run.err;
            all.code = run.code;
            if run.code != 0 {
                break;
            }
        }
        all
    }

    /// What the last action wrote to a file of the runner: `output` or `summary`.
    pub fn written(&self, name: &str) -> String {
        fs::read_to_string(self.path("temp").join(name)).expect("the file is there")
    }

    /// Runs a job of the GitLab template.
    #[track_caller]
    pub fn gitlab(&self, job: &str, checkout: &Path, variables: &[(&str, &str)]) -> Run {
        let pipeline = yaml("integrations/gitlab/.gitlab-ci.yml");
        let script: Vec<_> = pipeline[job]["script"]
            .as_array()
            .expect("a script")
            .iter()
            .map(|part| part.as_str().expect("a text"))
            .collect();
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in pipeline[job]["variables"].as_object().into_iter().flatten() {
            all.push((name.clone(), value.as_str().expect("a text").to_owned()));
        }
        for (name, value) in variables {
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let shell = ["bash", "-eo", "pipefail", "-c"];
        self.run(&shell, &script.join("\n"), checkout, &all)
    }
}

/// Whether a step of the action runs. Conditions are of two forms.
#[track_caller]
fn runs(step: &Value, inputs: &[(&str, &str)]) -> bool {
    let command = input(inputs, "command").unwrap_or("install");
    let condition = step["if"].as_str().expect("a condition");
    let words: Vec<_> = condition.split(' ').collect();
    match words[..] {
        ["inputs.command", "==", other] => other == format!("'{command}'"),
        ["inputs.command", "!=", other] => other != format!("'{command}'"),
        _ => panic!("a condition of another form: {condition}"),
    }
}

/// A text with the inputs filled in.
#[track_caller]
fn filled(action: &Value, text: &str, inputs: &[(&str, &str)]) -> String {
    let Some(name) = text
        .strip_prefix("${{ inputs.")
        .and_then(|rest| rest.strip_suffix(" }}"))
    else {
        panic!("another expression than an input: {text}");
    };
    let known = action["inputs"]
        .get(name)
        .unwrap_or_else(|| panic!("{name}"));
    match input(inputs, name) {
        Some(given) => given.to_owned(),
        None => known["default"].as_str().expect("a default").to_owned(),
    }
}

fn input<'a>(inputs: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let (_, value) = inputs.iter().find(|(known, _)| *known == name)?;
    Some(value)
}

/// A path as text.
#[track_caller]
pub fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
