//! Section 10: `import` starts a state from a table of who holds what.

use rstest::rstest;

use crate::support::worlds::{ended, start};
use crate::support::{SETTINGS, Workspace, strings};

const TABLE: &str = "employee,name,email,status,role\n\
    jane.doe,Jane Doe,jane@acme.example,active,ap-clerk\n\
    jane.doe,Jane Doe,jane@acme.example,active,ap-payer\n\
    sam.reyes,\"Reyes, Sam\",sam@acme.example,inactive,\n";

fn world(table: &[u8]) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("rolecall.yaml", SETTINGS);
    workspace.write("who.csv", table);
    workspace
}

#[test]
fn one_row_a_role_becomes_a_state() {
    let workspace = world(TABLE.as_bytes());
    workspace.run(&["import", "who.csv"]).exits(0);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let sam = workspace.employee("sam.reyes");
    assert_eq!(sam["name"], "Reyes, Sam");
    assert_eq!(sam["status"], "inactive");
    assert_eq!(strings(&sam["roles"]), Vec::<String>::new());
    let done = workspace.reconcile();
    assert_eq!(done["applied"][0]["change_type"], "baseline");
}

#[rstest]
#[case::semicolons(
    "employee,name,email,status,role\njane.doe,Jane Doe,j@a.example,active,ap-payer;ap-clerk\n"
)]
#[case::semicolons_and_spaces(
    "employee,name,email,status,role\njane.doe,Jane Doe,j@a.example,active,ap-payer; ap-clerk\n"
)]
#[case::windows_line_ends(
    "employee,name,email,status,role\r\njane.doe,Jane Doe,j@a.example,active,ap-payer;ap-clerk\r\n"
)]
#[case::other_order(
    "role,employee,status,name,email\nap-payer;ap-clerk,jane.doe,active,Jane Doe,j@a.example\n"
)]
fn roles_may_be_parted_by_semicolons(#[case] table: &str) {
    let workspace = world(table.as_bytes());
    workspace.run(&["import", "who.csv"]).exits(0);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn missing_catalogue_entries_are_printed() {
    let table = "employee,name,email,status,role\njane.doe,Jane,j@a.example,active,brand-new\n";
    let workspace = world(table.as_bytes());
    let run = workspace.run(&["import", "who.csv"]);
    assert!(run.out.contains("brand-new"), "{run:?}");
    assert_eq!(
        workspace.read("rolecall.yaml"),
        SETTINGS,
        "people change the settings"
    );
}

#[rstest]
#[case::impossible_id(b"employee,name,email,status,role\n../../x,X,x@a.example,active,ap-clerk\n")]
#[case::empty_id(b"employee,name,email,status,role\n,X,x@a.example,active,ap-clerk\n")]
#[case::unknown_status(b"employee,name,email,status,role\nx,X,x@a.example,retired,ap-clerk\n")]
#[case::other_details(b"employee,name,email,status,role\nx,X,x@a.example,active,ap-clerk\nx,Y,x@a.example,active,ap-payer\n")]
#[case::other_status(b"employee,name,email,status,role\nx,X,x@a.example,active,ap-clerk\nx,X,x@a.example,inactive,ap-payer\n")]
#[case::case_twins(b"employee,name,email,status,role\nx,X,x@a.example,active,ap-clerk\nX,X,x@a.example,active,ap-payer\n")]
#[case::impossible_role(b"employee,name,email,status,role\nx,X,x@a.example,active,-clerk\n")]
#[case::missing_column(b"employee,name,email,status\nx,X,x@a.example,active\n")]
#[case::unknown_column(
    b"employee,name,email,status,role,salary\nx,X,x@a.example,active,ap-clerk,1\n"
)]
#[case::ragged_row(b"employee,name,email,status,role\nx,X,x@a.example\n")]
#[case::control_in_a_name(
    b"employee,name,email,status,role\nx,X\x1b[31m,x@a.example,active,ap-clerk\n"
)]
#[case::invalid_utf8(b"employee,name,email,status,role\nx,X\xff,x@a.example,active,ap-clerk\n")]
#[case::empty_file(b"")]
fn a_bad_table_exits_3_and_writes_nothing(#[case] table: &[u8]) {
    let workspace = world(table);
    let run = workspace
        .run(&["import", "who.csv"])
        .exits(3)
        .says("who.csv");
    assert!(
        !run.err.contains('\x1b') && !run.out.contains('\x1b'),
        "{run:?}"
    );
    assert!(workspace.state_files().is_empty());
}

#[test]
fn import_is_only_for_before_the_first_log() {
    let workspace = Workspace::new();
    workspace.write("who.csv", TABLE);
    workspace.reconcile();
    let before = workspace.state_files();
    workspace.run(&["import", "who.csv"]).exits(3);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn a_table_that_is_not_there_exits_1_or_3() {
    let workspace = world(b"");
    let run = workspace.run(&["import", "nobody.csv"]).says("nobody.csv");
    assert!([1, 3].contains(&run.code), "{run:?}");
    assert!(workspace.state_files().is_empty());
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let forward = world(b"employee,name,email,status,role\na,A,a@a.example,active,ap-payer\nb,B,b@a.example,active,ap-clerk\na,A,a@a.example,active,ap-clerk\n");
    let backward = world(b"employee,name,email,status,role\na,A,a@a.example,active,ap-clerk\nb,B,b@a.example,active,ap-clerk\na,A,a@a.example,active,ap-payer\n");
    for workspace in [&forward, &backward] {
        ended(start(workspace.command(&["import", "who.csv"]))).exits(0);
    }
    let path = "state/state.yaml";
    assert_eq!(forward.read(path), backward.read(path));
}
