//! Signatures, with the real ssh-keygen and real agents.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::super::process::find;
use super::super::{Check, Ssh, SshError};
use crate::model::PublicKey;

const NAMESPACE: &str = "rolecall-approval@test";
const MESSAGE: &[u8] = b"approve\0 this\nwithout a line end";

/// A folder with keys.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a key; gives the file of its private half and the public one.
    fn make(&self, name: &str, kind: &[&str], passphrase: &str) -> (PathBuf, PublicKey) {
        let file = self.path(name);
        let made = Command::new("ssh-keygen")
            .args(["-t"])
            .args(kind)
            .args(["-N", passphrase, "-C", "some one@laptop", "-q", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let public = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        (file, PublicKey::parse(public.trim()).unwrap())
    }

    fn ed25519(&self, name: &str) -> (PathBuf, PublicKey) {
        self.make(name, &["ed25519"], "")
    }
}

/// Without the agent of whoever runs the tests.
fn ssh() -> Ssh {
    let mut ssh = Ssh::find().unwrap();
    ssh.variables = vec![
        ("SSH_AUTH_SOCK", "/nonexistent".into()),
        ("SSH_ASKPASS_REQUIRE", "never".into()),
    ];
    ssh
}

/// A program that takes the place of ssh-keygen.
fn ssh_with(keys: &Keys, script: &str) -> Ssh {
    let program = keys.path("program");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut ssh = ssh();
    ssh.keygen = program;
    ssh
}

/// An agent that ends with the test.
struct Agent(Child, PathBuf);

impl Agent {
    fn start(keys: &Keys) -> Self {
        let socket = keys.path("agent");
        let agent = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .env("SSH_ASKPASS", "/nonexistent")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let agent = Self(agent.unwrap(), socket);
        for _ in 0..1000 {
            if agent.1.exists() {
                return agent;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the agent does not start");
    }

    fn add(&self, arguments: &[&str], key: &Path) {
        let added = Command::new("ssh-add")
            .env("SSH_AUTH_SOCK", &self.1)
            .args(arguments)
            .arg("-q")
            .arg(key)
            .stdin(Stdio::null())
            .status();
        assert!(added.unwrap().success());
    }

    fn ssh(&self) -> Ssh {
        let mut ssh = ssh();
        ssh.variables[0].1 = self.1.clone().into();
        ssh
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn check<'a>(key: &'a PublicKey, signature: &'a str) -> Check<'a> {
    Check {
        person: "alice@acme.example",
        key,
        namespace: NAMESPACE,
        message: MESSAGE,
        signature,
    }
}

#[track_caller]
fn is_good(check: Check<'_>) -> bool {
    ssh().verify(&[check]).unwrap()[0]
}

#[test]
fn a_signature_of_each_kind_of_key_is_good_for_its_message_namespace_and_key_alone() {
    let keys = Keys::new();
    let (_, other) = keys.ed25519("other");
    for (name, kind) in [
        ("ed25519", &["ed25519"][..]),
        ("ecdsa", &["ecdsa"]),
        ("ecdsa521", &["ecdsa", "-b", "521"]),
        ("rsa", &["rsa", "-b", "2048"]),
    ] {
        let (file, key) = keys.make(name, kind, "");
        let signature = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
        let good = check(&key, &signature);
        let person = "bob";
        let checks = [
            good,
            // The signature does not say who it is of: whose key it is, is for the caller to know.
            Check { person, ..good },
            Check {
                message: b"approve\0 this\nwithout a line end\n",
                ..good
            },
            Check {
                message: b"approve",
                ..good
            },
            Check {
                message: b"",
                ..good
            },
            Check {
                namespace: "git",
                ..good
            },
            Check {
                key: &other,
                ..good
            },
        ];
        let verdicts = ssh().verify(&checks).unwrap();
        let expected = [true, true, false, false, false, false, false];
        assert_eq!(verdicts, expected, "{name}");
    }
}

#[test]
fn what_is_no_whole_signature_is_not_good_and_no_error() {
    let keys = Keys::new();
    for kind in [&["ed25519"][..], &["rsa", "-b", "2048"], &["ecdsa"]] {
        let (file, key) = keys.make(kind[0], kind, "");
        let signature = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
        let mut bad: Vec<String> = (0..signature.len() - 1)
            .step_by(37)
            .map(|length| signature[..length].to_owned())
            .collect();
        // One letter changed in each part, which is another field of the signature.
        let body = signature.find("\nU1").unwrap() + 1;
        for place in (body..signature.len() - 40).step_by(11) {
            let letter = if &signature[place..=place] == "A" {
                "B"
            } else {
                "A"
            };
            let mut changed = signature.clone();
            if &changed[place..=place] != "\n" && &changed[place..=place] != "=" {
                changed.replace_range(place..=place, letter);
                bad.push(changed);
            }
        }
        bad.push("garbage\0\u{202e}".to_owned());
        bad.push(format!("garbage\n{signature}"));
        bad.push(format!("\n{signature}"));
        bad.push(signature.replace('\n', "\r\n"));
        bad.push(signature.replace("SSH SIGNATURE", "PGP SIGNATURE"));
        bad.push("x".repeat(1_000_000));
        let checks: Vec<_> = bad.iter().map(|bad| check(&key, bad)).collect();
        for (verdict, bad) in ssh().verify(&checks).unwrap().iter().zip(&bad) {
            assert!(!verdict, "{bad:?}");
        }
    }
}

#[test]
fn what_stands_behind_a_signature_is_not_looked_at_and_of_two_the_first_counts() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let (other_file, _) = keys.ed25519("two");
    let one = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
    let two = ssh().sign(&other_file, NAMESPACE, MESSAGE).unwrap();
    assert!(is_good(check(&key, &format!("{one}garbage\0"))));
    assert!(is_good(check(&key, &format!("{one}{two}"))));
    assert!(!is_good(check(&key, &format!("{two}{one}"))));
    assert!(is_good(check(&key, one.trim_end())));
}

#[test]
fn many_checks_keep_their_order() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let signature = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
    let bad = "nothing".to_owned();
    let is_wanted = |index: usize| index.is_multiple_of(3) || index > 20;
    let checks: Vec<_> = (0..30)
        .map(|index| check(&key, if is_wanted(index) { &signature } else { &bad }))
        .collect();
    let expected: Vec<_> = (0..30).map(is_wanted).collect();
    assert_eq!(ssh().verify(&checks).unwrap(), expected);
    assert!(ssh().verify(&[]).unwrap().is_empty());
}

#[test]
fn a_long_message_is_heard_to_its_end() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let mut message = vec![b'x'; 3_000_000];
    let signature = ssh().sign(&file, NAMESPACE, &message).unwrap();
    let good = check(&key, &signature);
    assert!(is_good(Check {
        message: &message,
        ..good
    }));
    assert!(!is_good(Check {
        message: &message,
        signature: "",
        ..good
    }));
    message.push(b'x');
    assert!(!is_good(Check {
        message: &message,
        ..good
    }));
}

#[test]
fn a_key_that_is_none_has_signed_nothing() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let signature = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
    let half = PublicKey::parse(&key.to_string()[..40]).unwrap();
    assert!(!half.is_whole());
    assert!(!is_good(check(&half, &signature)));
}

#[test]
fn a_name_that_could_be_a_pattern_or_an_option_is_refused() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let signature = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap();
    let good = check(&key, &signature);
    for name in [
        "*", "a,b", "!a", "a b", "a\nb", "\"", "", "-x", "#a", "a?", "é", "a=b",
    ] {
        for check in [
            Check {
                person: name,
                ..good
            },
            Check {
                namespace: name,
                ..good
            },
        ] {
            let error = ssh().verify(&[good, check]).unwrap_err();
            assert!(matches!(error, SshError::BadName { .. }), "{error:?}");
        }
        let error = ssh().sign(&file, name, MESSAGE).unwrap_err();
        assert!(matches!(error, SshError::BadName { .. }), "{error:?}");
    }
}

#[test]
fn a_program_that_does_not_do_its_work_is_an_error_and_no_verdict() {
    let keys = Keys::new();
    let (_, key) = keys.ed25519("one");
    let good = r#"cat >/dev/null; echo 'Good "x" signature'"#;
    for script in [
        "echo 'No user exists for uid 1' >&2; exit 255",
        "kill -9 $$",
        "exit 0",
        "exit 1",
        "exit 255",
        "echo 'unknown option -- Y' >&2; exit 1",
        "echo Could not verify signature.; exit 1",
        "echo Could not verify signature.; echo Signature verification failed: memory allocation failed >&2; exit 255",
        "echo Could not verify signature.; echo Signature verification failed: Input/output error >&2; exit 255",
        "echo Could not verify signature.; echo Couldn\\'t read signature file: No such file or directory >&2; exit 255",
        "echo Could not verify signature.; rm -f revoked; exit 255",
        "cat >/dev/null; exit 0",
        &format!("{good}; kill -9 $$"),
        &format!("{good}; exit 3"),
    ] {
        let ssh = ssh_with(&keys, script);
        let error = ssh.verify(&[check(&key, "x")]).unwrap_err();
        assert!(
            matches!(error, SshError::Failed { .. }),
            "{script}: {error:?}"
        );
        assert!(error.hint().is_some());
    }
    let mut ssh = ssh();
    ssh.keygen = keys.path("missing");
    let error = ssh.verify(&[check(&key, "x")]).unwrap_err();
    assert!(matches!(error, SshError::NotInstalled { .. }), "{error:?}");
    ssh.keygen = keys.path("one.pub");
    let error = ssh.verify(&[check(&key, "x")]).unwrap_err();
    assert!(matches!(error, SshError::Io { .. }), "{error:?}");
}

#[test]
fn whatever_is_said_of_a_signature_it_is_bad_and_stops_nothing() {
    let keys = Keys::new();
    let (_, key) = keys.ed25519("one");
    for said in [
        "Couldn\\'t verify signature: unsupported RSA signature algorithm ",
        "Couldn\\'t verify signature: something that a later version says",
        "",
    ] {
        let ssh = ssh_with(
            &keys,
            &format!("echo Could not verify signature.; echo {said} >&2; exit 255"),
        );
        assert_eq!(ssh.verify(&[check(&key, "x")]).unwrap(), [false], "{said}");
    }
}

#[test]
fn a_good_word_for_a_message_that_was_not_heard_is_no_verdict() {
    let keys = Keys::new();
    let (_, key) = keys.ed25519("one");
    let ssh = ssh_with(&keys, r#"exec <&-; echo 'Good "x" signature'; sleep 0.2"#);
    let message = vec![b'x'; 1_000_000];
    let error = ssh.verify(&[Check {
        message: &message,
        ..check(&key, "x")
    }]);
    assert!(matches!(error, Err(SshError::Failed { .. })), "{error:?}");
}

#[test]
fn a_check_that_takes_too_long_is_ended() {
    let keys = Keys::new();
    let (_, key) = keys.ed25519("one");
    for script in ["exec sleep 30", "exec >&-; exec sleep 30"] {
        let mut ssh = ssh_with(&keys, script);
        ssh.limit = Duration::from_millis(300);
        let error = ssh.verify(&[check(&key, "x")]).unwrap_err();
        assert!(matches!(error, SshError::TimeOut { .. }), "{error:?}");
    }
}

#[test]
fn a_check_sees_a_private_folder_and_next_to_nothing_else() {
    let keys = Keys::new();
    let (_, key) = keys.ed25519("one");
    let seen = keys.path("seen");
    let script = format!(
        "{{ env; ls -la; cat allowed; echo \"$@\"; pwd; }} >'{}'; exit 9",
        seen.display()
    );
    let ssh = ssh_with(&keys, &script);
    assert!(ssh.verify(&[check(&key, "SIGNATURE")]).is_err());
    let seen = fs::read_to_string(seen).unwrap();
    let line = format!("\nalice@acme.example namespaces=\"{NAMESPACE}\" {key}\n");
    assert!(seen.contains(&line), "{seen}");
    for (mode, name) in [
        ("drwx------", "."),
        ("-rw-------", "allowed"),
        ("-rw-------", "signature"),
        ("-rw-------", "revoked"),
    ] {
        let is_it = |line: &str| line.starts_with(mode) && line.ends_with(&format!(" {name}"));
        assert!(seen.lines().any(is_it), "{name}: {seen}");
    }
    for word in ["SIGNATURE", "without", "SSH_", "GIT_", "DISPLAY="] {
        assert!(!seen.contains(word), "{word}: {seen}");
    }
    assert!(seen.contains("HOME=/nonexistent\n") && seen.contains("LC_ALL=C\n"));
    let folder = seen.lines().last().unwrap();
    assert!(!Path::new(folder).exists(), "{folder} was left behind");
}

#[test]
fn an_agent_signs_with_the_keys_that_it_has() {
    let keys = Keys::new();
    let agent = Agent::start(&keys);
    let (_, key) = keys.make("locked", &["ed25519"], "a passphrase");
    let (open, open_key) = keys.make("open", &["ecdsa"], "");
    assert!(agent.ssh().agent_keys().unwrap().is_empty());
    agent.add(&[], &open);
    assert_eq!(
        agent.ssh().agent_keys().unwrap(),
        std::slice::from_ref(&open_key)
    );
    let signature = agent
        .ssh()
        .sign_with(&open_key, NAMESPACE, MESSAGE)
        .unwrap();
    assert!(is_good(check(&open_key, &signature)));
    // By the file of the public key alone.
    let alone = keys.path("alone.pub");
    fs::write(&alone, format!("{open_key} comment\n")).unwrap();
    let signature = agent.ssh().sign(&alone, NAMESPACE, MESSAGE).unwrap();
    assert!(is_good(check(&open_key, &signature)));
    // A key that it does not have.
    let error = agent.ssh().sign_with(&key, NAMESPACE, MESSAGE).unwrap_err();
    let is_of_key = |found: &String| *found == key.fingerprint();
    assert!(
        matches!(&error, SshError::NoPrivateKey { key } if is_of_key(key)),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("ssh-add"));
    // One whose use has to be confirmed, where nobody can be asked.
    fs::remove_file(&agent.1).unwrap();
    drop(agent);
    let agent = Agent::start(&keys);
    agent.add(&["-c"], &open);
    let error = agent.ssh().sign_with(&open_key, NAMESPACE, MESSAGE);
    assert!(matches!(error, Err(SshError::Refused(_))), "{error:?}");
}

#[test]
fn no_agent_has_no_keys() {
    let keys = Keys::new();
    assert!(ssh().agent_keys().unwrap().is_empty());
    let mut none = ssh();
    none.variables.remove(0);
    none.variables.push(("SSH_AUTH_SOCK", "".into()));
    assert!(none.agent_keys().unwrap().is_empty());
    fs::write(keys.path("file"), "").unwrap();
    none.variables
        .push(("SSH_AUTH_SOCK", keys.path("file").into()));
    assert!(none.agent_keys().unwrap().is_empty());
    let (_, key) = keys.ed25519("one");
    let error = none.sign_with(&key, NAMESPACE, MESSAGE).unwrap_err();
    assert!(matches!(error, SshError::NoPrivateKey { .. }), "{error:?}");
}

#[test]
fn a_private_key_that_others_can_read_is_not_used_and_the_way_out_is_named() {
    let keys = Keys::new();
    let (file, _) = keys.ed25519("one");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let error = ssh().sign(&file, NAMESPACE, MESSAGE).unwrap_err();
    assert!(matches!(error, SshError::OpenPermissions(_)), "{error:?}");
    assert!(error.hint().unwrap().contains("chmod 600"));
    fs::remove_file(keys.path("one.pub")).unwrap();
    let error = ssh().public_key(&file).unwrap_err();
    assert!(matches!(error, SshError::OpenPermissions(_)), "{error:?}");
}

#[test]
fn a_public_key_is_read_from_its_file_from_beside_the_private_one_or_out_of_it() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    let beside = keys.path("one.pub");
    assert_eq!(ssh().public_key(&beside).unwrap(), key);
    assert_eq!(ssh().public_key(&file).unwrap(), key);
    fs::write(&beside, "nonsense").unwrap();
    assert_eq!(ssh().public_key(&file).unwrap(), key);
    fs::remove_file(&beside).unwrap();
    assert_eq!(ssh().public_key(&file).unwrap(), key);
    fs::write(keys.path("-x"), format!("{key}\r\n")).unwrap();
    assert_eq!(ssh().public_key(&keys.path("-x")).unwrap(), key);
}

#[test]
fn what_is_no_key_is_named() {
    let keys = Keys::new();
    let (file, key) = keys.ed25519("one");
    fs::write(keys.path("garbage"), "garbage\u{1b}[2J").unwrap();
    fs::write(keys.path("two.pub"), format!("{key}\n{key}\n")).unwrap();
    fs::create_dir(keys.path("folder")).unwrap();
    for name in ["garbage", "two.pub", "folder"] {
        let error = ssh().public_key(&keys.path(name)).unwrap_err();
        assert!(matches!(&error, SshError::NotAKey { file } if file.ends_with(name)));
    }
    let error = ssh().public_key(&keys.path("missing")).unwrap_err();
    assert!(matches!(&error, SshError::NoFile { file } if file.ends_with("missing")));
    for name in ["garbage", "folder", "missing"] {
        let error = ssh()
            .sign(&keys.path(name), NAMESPACE, MESSAGE)
            .unwrap_err();
        assert!(matches!(error, SshError::NotAKey { .. }), "{error:?}");
    }
    fs::remove_file(file).unwrap();
    let error = ssh().sign(&keys.path("one.pub"), NAMESPACE, MESSAGE);
    assert!(
        matches!(error, Err(SshError::NoPrivateKey { .. })),
        "{error:?}"
    );
}

#[test]
fn without_a_terminal_a_passphrase_cannot_be_asked_for() {
    let keys = Keys::new();
    let (file, _) = keys.make("locked", &["ed25519"], "a passphrase");
    // setsid takes the terminal away from it, where the tests have one.
    let (Some(real), Some(_)) = (find("ssh-keygen"), find("setsid")) else {
        return;
    };
    let ssh = ssh_with(
        &keys,
        &format!("exec setsid -w '{}' \"$@\"", real.display()),
    );
    let error = ssh.sign(&file, NAMESPACE, MESSAGE).unwrap_err();
    assert!(matches!(error, SshError::WrongPassphrase(_)), "{error:?}");
    assert!(error.hint().unwrap().contains("ssh-add"));
}
