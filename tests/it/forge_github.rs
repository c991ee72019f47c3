//! x
use crate::support::forge::server::Server;
use crate::support::forge::{How, fetch, grant, pull, record_path, reviewed};
use crate::support::github::{review, routes};

#[test]
fn probe() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), "2026-11-21T10:00:00Z");
    let server = Server::start(routes(&pull, &[good]));
    let run = fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    eprintln!("{}{}", run.out, run.err);
    let run = fetch(&workspace, &server, "github", &["--request", "grant", "--format", "json"]).exits(0);
    eprintln!("{}{}", run.out, run.err);
    eprintln!("{}", workspace.read(&record_path("grant")));
    eprintln!("{:#}", workspace.status("grant"));
    workspace.git_commit("Record");
    eprintln!("{:#}", workspace.status("grant"));
    workspace.reconcile();
    eprintln!("{:#}", workspace.logs().pop().unwrap());
    for p in crate::support::worlds::log_paths(&workspace) { eprintln!("{}", workspace.read(&p)); }
    let run = workspace.run(&["verify", "--approvals", "--format", "json"]);
    eprintln!("{}{}", run.out, run.err);
    panic!();
}
