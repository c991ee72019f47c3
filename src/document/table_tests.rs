use super::*;
use rstest::rstest;

fn settings() -> Settings {
    let text = "version: 1\nroles:\n  ap-clerk: {name: A/P Clerk}\n";
    let source = Source::new("rolecall.yaml", text.into(), 1 << 10).unwrap();
    crate::document::settings::read(&source).unwrap().settings
}

fn state(bytes: &[u8]) -> Result<State, Vec<Finding>> {
    let source = source("who.csv", bytes.to_vec()).map_err(|finding| vec![finding])?;
    read(&source, &settings())
}

const HEADER: &str = "employee,name,email,status,role\n";

#[rstest]
#[case::a_byte_order_mark("\u{feff}employee,name,email,status,role\na,A,a@b.example,active,x\n")]
#[case::quotes("employee,name,email,status,role\n\"a\",\"A\",\"a@b.example\",active,\"x\"\n")]
#[case::spaces("employee, name, email, status, role\na, A, a@b.example, active, x\n")]
#[case::no_last_line_end("employee,name,email,status,role\na,A,a@b.example,active,x")]
#[case::empty_lines("\nemployee,name,email,status,role\r\n\r\na,A,a@b.example,active,x\r\n\r\n")]
fn what_spreadsheets_write_is_read(#[case] text: &str) {
    let state = state(text.as_bytes()).unwrap();
    let employee = state.employees.get("a").unwrap();
    assert_eq!(employee.name(), "A");
    assert_eq!(employee.email(), Some("a@b.example"));
    assert!(employee.roles().any(|role| role.as_str() == "x"));
}

#[rstest]
#[case::no_name("a,,,active,x\n", "`name` is blank")]
#[case::blank_name("a,\" \",,active,x\n", "`name` is blank")]
#[case::no_address("a,A,somewhere,active,x\n", "`somewhere` is not an e-mail address")]
#[case::upper_case("a,A,,Active,x\n", "`Active` is not a status")]
#[case::empty_role("a,A,,active,x;;y\n", "\"\" is not a role id: a letter")]
#[case::the_same_twice("a,A,,active,x;x\n", "`a` holds `x` twice")]
#[case::catalogue_in_another_case(
    "a,A,,active,AP-Clerk\n",
    "`AP-Clerk` differs from `ap-clerk` only in case"
)]
#[case::new_role_in_another_case("a,A,,active,x;X\n", "`X` differs from `x` only in case")]
#[case::other_line(
    "\r\n\r\na,A,,active,x\r\na,B,,active,y\r\n",
    "`a` has other details than in line 4"
)]
fn what_breaks_a_rule_is_named(#[case] rows: &str, #[case] message: &str) {
    let findings = state(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.starts_with(message), "{findings:?}");
    assert!(findings[0].place.as_ref().unwrap().line > 1);
}

#[rstest]
#[case::twice(
    "employee,name,email,status,role,role\n",
    "the column `role` stands twice"
)]
#[case::semicolons(
    "employee;name;email;status;role\n",
    "the columns are not parted by commas"
)]
#[case::no_rows(HEADER, "the table has no rows")]
#[case::upper_case(
    "Employee,name,email,status,role\n",
    "`Employee` is no column of the table"
)]
fn the_first_row_is_exact(#[case] text: &str, #[case] message: &str) {
    let findings = state(text.as_bytes()).unwrap_err();
    assert_eq!(findings[0].message, message);
}

#[test]
fn every_row_is_looked_at() {
    let rows = "a,A,,active,x\nb,B,,gone,x\nc,,,active,x\n";
    let findings = state(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
    let lines: Vec<_> = findings
        .iter()
        .filter_map(|finding| Some(finding.place.as_ref()?.line))
        .collect();
    assert_eq!(lines, [3, 4]);
}
