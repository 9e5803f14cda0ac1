//! Which files are read: texts that people write, and that hold no secrets.

mod generated;
mod secrets;

use crate::language::Language;
use crate::limits::Limits;

/// Why a file is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftOut {
    /// It is no text in UTF-8.
    Binary,
    /// A program wrote it, for programs.
    Generated,
    /// It is larger than [`Limits`] allow.
    Huge,
    /// It holds a key, or is of the kind that does.
    Secret,
    /// It cannot be opened, or is no ordinary file any more.
    Unreadable,
}

impl LeftOut {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Binary, Self::Generated, Self::Huge, Self::Secret, Self::Unreadable];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Generated => "generated",
            Self::Huge => "huge",
            Self::Secret => "secret",
            Self::Unreadable => "unreadable",
        }
    }

    /// The reason that this word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// Whether a file may be opened, by its path and size.
pub(crate) fn by_name(path: &str, size: u64, limits: &Limits) -> Result<(), LeftOut> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if secrets::in_name(&name) {
        return Err(LeftOut::Secret);
    }
    if generated::in_name(&name) {
        return Err(LeftOut::Generated);
    }
    if generated::is_binary(&name) {
        return Err(LeftOut::Binary);
    }
    // What decides between C and C++ is no matter here.
    let is_code = Language::of(path, "").is_some();
    if size > if is_code { limits.code_bytes } else { limits.text_bytes } {
        return Err(LeftOut::Huge);
    }
    Ok(())
}

/// The text of a file that may be read, by what it holds; its byte-order mark is left out.
pub(crate) fn by_content(bytes: Vec<u8>) -> Result<String, LeftOut> {
    if memchr::memchr(0, &bytes).is_some() {
        return Err(LeftOut::Binary);
    }
    let mut text = String::from_utf8(bytes).or_else(|error| decode(error.as_bytes()))?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if devika_config::holds_key(&text) {
        return Err(LeftOut::Secret);
    }
    if generated::in_text(&text) {
        return Err(LeftOut::Generated);
    }
    Ok(text)
}

/// An old text in another encoding has a name or two with an accent; what has more is no text.
fn decode(bytes: &[u8]) -> Result<String, LeftOut> {
    const ONE_IN: usize = 100;
    let text = String::from_utf8_lossy(bytes);
    let strange = text.chars().filter(|sign| *sign == char::REPLACEMENT_CHARACTER).count();
    if strange * ONE_IN > text.len() { Err(LeftOut::Binary) } else { Ok(text.into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, by_content, by_name};
    use crate::limits::Limits;

    fn name(path: &str) -> Result<(), LeftOut> {
        by_name(path, 10, &Limits::default())
    }

    fn content(text: &str) -> Result<String, LeftOut> {
        by_content(text.as_bytes().to_vec())
    }

    #[test]
    fn files_that_hold_secrets_by_their_name_are_not_opened() {
        for path in [
            ".env",
            "a/.env.local",
            "prod.env",
            "id_rsa",
            "keys/id_ed25519",
            "server.pem",
            "tls/server.KEY",
            "store.p12",
            ".npmrc",
            ".netrc",
            "credentials.json",
            "secrets.yaml",
            "service-account-prod.json",
            "terraform.tfstate",
            "prod.tfvars",
            "login.kdbx",
        ] {
            assert_eq!(name(path), Err(LeftOut::Secret), "{path}");
        }
    }

    #[test]
    fn code_about_secrets_is_read() {
        for path in ["src/secrets.rs", "credentials.py", "env.ts", "keys.go", "id_rsa.pub"] {
            assert_eq!(name(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_private_key_in_a_text_leaves_the_file_out() {
        let begin = "-----BEGIN";
        for key in [
            format!("let k = \"{begin} RSA PRIVATE KEY-----\\nMII"),
            format!("{begin} PRIVATE KEY-----\n"),
            format!("{begin} OPENSSH PRIVATE KEY-----\n"),
            format!("{begin} PGP PRIVATE KEY BLOCK-----\n"),
            "PuTTY-User-Key-File-3: ssh-ed25519\n".to_owned(),
            format!("AGE-SECRET-KEY-1{}\n", "Q".repeat(58)),
        ] {
            assert_eq!(content(&key), Err(LeftOut::Secret), "{key}");
        }
        let public = format!("{begin} PUBLIC KEY-----\n");
        assert_eq!(content(&public), Ok(public.clone()));
    }

    #[test]
    fn keys_of_services_leave_the_file_out() {
        for key in [
            format!("token = \"ghp_{}\"", "a1".repeat(18)),
            format!("aws = AKIA{}", "A2B3C4D5E6F7G8H9"),
            format!("key: 'sk-ant-api03-{}'", "x9".repeat(30)),
            format!("xoxb-{}", "1234567890-abcdefghij"),
        ] {
            assert_eq!(content(&key), Err(LeftOut::Secret), "{key}");
        }
        assert!(content("let risk-analysis = task-force; // AKIA, ghp_").is_ok());
    }

    #[test]
    fn generated_files_are_left_out_by_name() {
        for path in [
            "package-lock.json",
            "Cargo.lock",
            "app.min.js",
            "site.css.map",
            "api.pb.go",
            "api_pb2.py",
            "Form.Designer.cs",
            "schema.generated.ts",
            "go.sum",
            "yarn.lock",
        ] {
            assert_eq!(name(path), Err(LeftOut::Generated), "{path}");
        }
    }

    #[test]
    fn generated_files_are_left_out_by_their_first_lines() {
        for text in [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n",
            "# @generated by a tool\nx = 1\n",
            "/*\n * This file is auto-generated. Do not edit it.\n */\nint a;\n",
            "<!-- AUTO-GENERATED FILE -->\n<a/>\n",
        ] {
            assert_eq!(content(text), Err(LeftOut::Generated), "{text}");
        }
    }

    #[test]
    fn code_that_speaks_of_generated_files_is_read() {
        for text in [
            "const MARK: &str = \"DO NOT EDIT\";\n",
            "// Finds what was generated.\nfn generated() {}\n",
        ] {
            assert_eq!(content(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn minified_text_is_left_out() {
        let line = "var a=function(b){return b+1};".repeat(500);
        assert_eq!(content(&line), Err(LeftOut::Generated));
        let short = format!("/* long */\n{}\n", "x = 1\n".repeat(500));
        assert_eq!(content(&short), Ok(short.clone()));
    }

    #[test]
    fn what_is_no_text_is_left_out() {
        assert_eq!(by_content(vec![b'a', 0, b'b']), Err(LeftOut::Binary));
        assert_eq!(by_content(vec![0xff; 100]), Err(LeftOut::Binary));
        assert_eq!(name("logo.png"), Err(LeftOut::Binary));
    }

    #[test]
    fn an_old_text_with_an_accent_is_read() {
        let latin = [b"// by Ren".as_slice(), &[0xe9], b"e\n", &b"int a;\n".repeat(20)].concat();
        assert!(by_content(latin).is_ok_and(|text| text.contains("int a;")));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(content("\u{feff}int a;\n").as_deref(), Ok("int a;\n"));
    }

    #[test]
    fn texts_may_be_smaller_than_code() {
        let limits = Limits::default();
        assert_eq!(by_name("a.json", limits.text_bytes + 1, &limits), Err(LeftOut::Huge));
        assert_eq!(by_name("a.rs", limits.text_bytes + 1, &limits), Ok(()));
        assert_eq!(by_name("a.rs", limits.code_bytes + 1, &limits), Err(LeftOut::Huge));
    }
}
