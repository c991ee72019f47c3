//! What holds for the files under `integrations/` and `.github/`, and the parts of them that run in Kubernetes.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::support::git::merge_settings;
use crate::support::jobs::{World, root, text, yaml};
use crate::support::worlds::addition;

/// The workflows of GitHub: those to copy, and those of this project.
fn workflows() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["integrations/github/workflows", ".github/workflows"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            found.push(format!("{folder}/{}", name.to_str().expect("UTF-8")));
        }
    }
    assert!(found.len() >= 5, "{found:?}");
    found
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().expect("jobs").iter()
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().expect("steps").iter()
}

#[test]
fn actions_of_others_are_pinned_to_commits_with_their_versions() {
    let pinned = Regex::new(r"^[a-z0-9-]+/[a-z0-9/-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$")
        .expect("a regular expression");
    let mut files = workflows();
    files.push("integrations/github/action.yml".to_owned());
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(root().join(&file)).expect("the file");
        let uses = text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
        for action in uses.filter(|action| !action.starts_with("./")) {
            assert!(pinned.is_match(action), "{file}: {action}");
            count += 1;
        }
    }
    assert!(count >= 8, "{count} actions were looked at");
}

#[test]
fn no_expression_stands_in_a_script() {
    let no_expression = |file: &str, step: &Value| {
        let script = step.get("run").and_then(Value::as_str).unwrap_or_default();
        assert!(!script.contains("${{"), "{file}: {script}");
    };
    for file in workflows() {
        let workflow = yaml(&file);
        for (_, job) in jobs(&workflow) {
            steps(job).for_each(|step| no_expression(&file, step));
        }
    }
    let file = "integrations/github/action.yml";
    steps(&yaml(file)["runs"]).for_each(|step| no_expression(file, step));
}

#[test]
fn jobs_have_no_right_that_they_do_not_name_and_nothing_of_a_fork_can_write() {
    for file in workflows() {
        let workflow = yaml(&file);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{file}");
        let events = workflow["on"].as_object().expect("events");
        assert!(!events.contains_key("pull_request_target"), "{file}");
        assert!(!events.contains_key("workflow_run"), "{file}");
        for (name, job) in jobs(&workflow) {
            let rights = job["permissions"].as_object().expect("permissions");
            assert!(job["timeout-minutes"].is_u64(), "{file}: {name}");
            let can_write = rights.values().any(|right| right == "write");
            let condition = job.get("if").and_then(Value::as_str).unwrap_or_default();
            let is_ours = condition
                .contains("github.event.pull_request.head.repo.full_name == github.repository");
            if events.contains_key("pull_request") {
                assert!(!can_write || is_ours, "{file}: {name}");
                assert!(!job.to_string().contains("secrets."), "{file}: {name}");
            }
        }
    }
}

#[test]
fn only_what_reconciles_keeps_the_password_of_a_checkout() {
    for file in workflows() {
        let workflow = yaml(&file);
        for (name, job) in jobs(&workflow) {
            for step in steps(job) {
                let action = step.get("uses").and_then(Value::as_str).unwrap_or_default();
                if action.starts_with("actions/checkout@") {
                    let keeps = &step["with"]["persist-credentials"];
                    assert_eq!(*keeps, name == "reconcile", "{file}: {name}");
                }
            }
        }
    }
}

/// The containers of a pod that clone, and that work.
fn pod(file: &str, path: &str) -> (Value, Value) {
    let manifest = yaml(file);
    let pod = manifest.pointer(path).expect("a pod");
    (
        pod["initContainers"][0].clone(),
        pod["containers"][0].clone(),
    )
}

const CRONJOB: (&str, &str) = (
    "integrations/kubernetes/cronjob/cronjob.yaml",
    "/spec/jobTemplate/spec/template/spec",
);
const DAEMON: (&str, &str) = (
    "integrations/kubernetes/daemon/deployment.yaml",
    "/spec/template/spec",
);

fn list(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("a list").iter();
    list.map(|part| part.as_str().expect("a text")).collect()
}

/// Runs a container's clone, with a folder of its own.
#[track_caller]
fn clone(world: &World, pod: (&str, &str)) -> PathBuf {
    let (container, _) = self::pod(pod.0, pod.1);
    let to = world.path("repository");
    let from = crate::support::hub::bare(&world.served());
    let variables = [("CLONE", &to), ("REPOSITORY", &from)]
        .map(|(name, value)| (name.to_owned(), text(value).to_owned()));
    let mut variables = variables.to_vec();
    variables.push(("BRANCH".to_owned(), "main".to_owned()));
    let shell = list(&container["command"]);
    let script = list(&container["args"]).join("\n");
    world
        .run(&shell, &script, &world.path("temp"), &variables)
        .exits(0);
    to
}

#[test]
fn the_cron_job_clones_anew_reconciles_and_pushes() {
    let world = World::new(&merge_settings());
    world.install();
    world.merge(&[(
        "requests/grant.yaml",
        &addition("[sam.reyes]", "[payroll-viewer]"),
    )]);
    clone(&world, CRONJOB);
    let repository = clone(&world, CRONJOB);
    let (_, container) = pod(CRONJOB.0, CRONJOB.1);
    world
        .run(
            &["sh", "-ec"],
            &command(&container, &repository),
            Path::new("/"),
            &[],
        )
        .exits(0);
    assert!(world.tip("state/state.yaml").contains("payroll-viewer"));
}

/// What a container runs, with a clone.
fn command(container: &Value, repository: &Path) -> String {
    let arguments = list(&container["args"]).into_iter().map(|part| {
        let part = part.replace("$(CLONE)", text(repository));
        let part = part.replace("$(AUTHOR)", "rolecall <rolecall@acme.example>");
        // Any port of this machine will do.
        format!("'{}'", part.replace("0.0.0.0:9464", "127.0.0.1:0"))
    });
    let arguments: Vec<_> = arguments.collect();
    format!("rolecall {}", arguments.join(" "))
}

#[test]
fn the_daemon_is_started_with_what_it_knows_and_pushes() {
    let world = World::new(&merge_settings());
    world.install();
    let repository = clone(&world, DAEMON);
    world.merge(&[(
        "requests/grant.yaml",
        &addition("[sam.reyes]", "[payroll-viewer]"),
    )]);
    let (_, container) = pod(DAEMON.0, DAEMON.1);
    let command = format!("{} --once", command(&container, &repository));
    world
        .run(&["sh", "-ec"], &command, Path::new("/"), &[])
        .exits(0);
    assert!(world.tip("state/state.yaml").contains("payroll-viewer"));
}

#[test]
fn the_daemon_keeps_a_clone_that_is_there_and_replaces_half_a_one() {
    let world = World::new(&merge_settings());
    let half = world.path("repository.new");
    fs::create_dir(&half).expect("a folder");
    fs::write(half.join("half"), "").expect("a file");
    let repository = clone(&world, DAEMON);
    assert!(repository.join("rolecall.yaml").is_file());
    assert!(!half.exists());
    fs::write(repository.join("kept"), "").expect("a file");
    clone(&world, DAEMON);
    assert!(repository.join("kept").is_file());
}

#[test]
fn pods_run_with_the_least_and_name_the_same_things() {
    for (file, path) in [CRONJOB, DAEMON] {
        let manifest = yaml(file);
        let pod = manifest.pointer(path).expect("a pod");
        let context = &pod["securityContext"];
        assert_eq!(context["runAsNonRoot"], true, "{file}");
        assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(pod["automountServiceAccountToken"], false, "{file}");
        assert!(pod["terminationGracePeriodSeconds"].as_u64() >= Some(30));
        for kind in ["initContainers", "containers"] {
            let context = &pod[kind][0]["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true, "{file}: {kind}");
            assert_eq!(context["allowPrivilegeEscalation"], false);
            assert_eq!(context["capabilities"]["drop"][0], "ALL");
            assert_eq!(pod[kind][0]["image"], "rolecall");
        }
        let kustomization = Path::new(file).with_file_name("kustomization.yaml");
        let kustomization = yaml(text(&kustomization));
        assert_eq!(kustomization["images"][0]["name"], "rolecall", "{file}");
        assert_eq!(
            kustomization["images"][0]["newTag"],
            env!("CARGO_PKG_VERSION")
        );
    }
    let daemon = yaml(DAEMON.0);
    assert_eq!(daemon["spec"]["replicas"], 1);
    assert_eq!(daemon["spec"]["strategy"]["type"], "Recreate");
    let (_, container) = pod(DAEMON.0, DAEMON.1);
    let service = yaml("integrations/kubernetes/daemon/service.yaml");
    let monitor = yaml("integrations/kubernetes/daemon/servicemonitor.yaml");
    let port = &container["ports"][0];
    assert_eq!(service["spec"]["ports"][0]["targetPort"], port["name"]);
    assert_eq!(
        monitor["spec"]["endpoints"][0]["port"],
        service["spec"]["ports"][0]["name"]
    );
    assert_eq!(
        monitor["spec"]["selector"]["matchLabels"],
        service["metadata"]["labels"]
    );
    let metrics = format!("--metrics=0.0.0.0:{}", port["containerPort"]);
    assert!(list(&container["args"]).contains(&metrics.as_str()));
}

#[test]
fn the_image_is_built_from_all_that_the_sources_include() {
    let read = |path: &str| {
        fs::read_to_string(root().join("integrations/container").join(path)).expect("the file")
    };
    let (dockerfile, given) = (read("Dockerfile"), read("Dockerfile.dockerignore"));
    let included =
        Regex::new(r#"include_(?:str|bytes)!\("(?:\.\./)+([a-z]+)/"#).expect("an expression");
    let mut folders = vec!["src".to_owned(), "benches".to_owned()];
    for entry in walkdir::WalkDir::new(root().join("src")) {
        let entry = entry.expect("an entry");
        if entry.path().extension().is_some_and(|end| end == "rs") {
            let source = fs::read_to_string(entry.path()).expect("a source");
            folders.extend(
                included
                    .captures_iter(&source)
                    .map(|found| found[1].to_owned()),
            );
        }
    }
    assert!(folders.iter().any(|folder| folder == "docs"), "{folders:?}");
    for folder in folders {
        assert!(root().join(&folder).is_dir(), "{folder}");
        assert!(
            dockerfile.contains(&format!("COPY {folder} {folder}\n")),
            "{folder}"
        );
        assert!(given.contains(&format!("\n!{folder}\n")), "{folder}");
    }
}
