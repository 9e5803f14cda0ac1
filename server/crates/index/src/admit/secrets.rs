//! Files that hold secrets.

/// Names that hold secrets, whole.
const NAMES: [&str; 12] = [
    ".env",
    ".envrc",
    ".npmrc",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    "credentials",
    "terraform.tfstate",
    "terraform.tfstate.backup",
];

/// Extensions of files that hold keys, and values that are set in secret.
const EXTENSIONS: [&str; 14] = [
    "env", "pem", "key", "p12", "pfx", "p8", "ppk", "jks", "keystore", "kdbx", "kdb", "tfvars",
    "gpg", "age",
];

/// What the names of private SSH keys begin with.
const SSH: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// Words in the names of files that hold secrets where the file holds values and no code.
const WORDS: [&str; 5] =
    ["secret", "credential", "service-account", "service_account", "passwords"];
const VALUES: [&str; 9] =
    ["json", "yaml", "yml", "toml", "ini", "properties", "xml", "txt", "conf"];

/// Whether a name, in small letters, says that the file holds secrets.
pub(super) fn in_name(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    NAMES.contains(&name)
        || name.starts_with(".env.")
        || EXTENSIONS.contains(&extension)
        || (SSH.iter().any(|key| name.starts_with(key)) && extension != "pub")
        || (VALUES.contains(&extension) && WORDS.iter().any(|word| stem.contains(word)))
}
