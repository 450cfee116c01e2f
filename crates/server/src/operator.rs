//! The operator's root (docs/adr/0012): made and used on a machine without a network, by `regie-server operator`.
//!
//! Its folder holds two files: `root.age`, the key sealed with a passphrase, and `register.json`, which tells what was given out,
//! so that no number is given twice. Whatever is written is there whole or not at all, and a number that was
//! reserved for a run that was killed is never used again.

mod certificates;
mod dates;
mod deployment;
mod files;
mod invitations;
mod register;
mod root;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::{Args, Subcommand};
use regie_protocol::signed::{Moment, SignedError, SigningKey, VerifyingKey};
use thiserror::Error;

use register::Register;

pub use certificates::{Revoke, SignCertificate};
pub use deployment::SignDeployment;
pub use invitations::SignInvitations;
pub use root::WORK;

/// Keeps the root key of a deployment, on a machine without a network.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Operator {
    /// Folder of the root.
    #[arg(long, global = true, default_value = "regie-root")]
    pub folder: PathBuf,
    /// File whose first line is the passphrase; without it the terminal is asked.
    #[arg(long, global = true)]
    pub passphrase_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the operator does with the root.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Makes a root in a new folder and shows its fingerprint.
    Init,
    /// Shows fingerprint, public key and what was given out; needs no passphrase.
    Show,
    /// Signs what is said of the servers in a description (TOML).
    SignDeployment(SignDeployment),
    /// Makes codes for an organisation, and signs their hashes for the server.
    SignInvitations(SignInvitations),
    /// Gives a role to whoever holds two keys, for 90 days at most.
    SignCertificate(SignCertificate),
    /// Ends certificates, and signs the list anew; without serials it only renews the list.
    Revoke(Revoke),
}

/// What a run meets outside: where it shows, what time it is, who is asked.
pub struct Desk<'a> {
    /// Shows what the operator may see: never a secret.
    pub out: &'a mut dyn Write,
    /// Now.
    pub now: Moment,
    /// Asks for a passphrase, with these words.
    pub ask: &'a mut dyn FnMut(&str) -> io::Result<SecretString>,
    /// Work before a passphrase is tried on a new root, as a power of two: [`WORK`] but in tests.
    pub work: u8,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// Something is there already.
    #[error("{0} is there already, and nothing is overwritten")]
    Exists(PathBuf),
    /// There is no root.
    #[error("there is no root in {0}")]
    NoRoot(PathBuf),
    /// The root does not open.
    #[error("the passphrase does not open the root")]
    WrongPassphrase,
    /// The root cannot be read.
    #[error("the file of the root is damaged, or was made by a newer program")]
    DamagedRoot,
    /// The register cannot be relied on.
    #[error("the register is damaged, or belongs to another root; docs/operations.md says what to do")]
    Register,
    /// The clock went back.
    #[error("the clock stands before the last use of this root; set it first")]
    Clock,
    /// Another run is using it.
    #[error("another run is using this root")]
    Busy,
    /// A new passphrase is weak.
    #[error("this passphrase is too easy to guess: take six random words or more")]
    Weak,
    /// A new passphrase was typed in two ways.
    #[error("the two passphrases are not the same")]
    Differ,
    /// The description of a deployment is not right.
    #[error("the description is not right: {0}")]
    Description(String),
    /// A number of invitations that cannot be meant.
    #[error("a batch has 1 to {0} invitations")]
    Count(u64),
    /// Invitations point to a server.
    #[error("sign a deployment first, and name one of its servers")]
    Server,
    /// A date cannot be meant.
    #[error("the date is outside what can be written")]
    Date,
    /// A serial was never given.
    #[error("no certificate has the serial {0}")]
    Serial(u64),
    /// A code could not be drawn.
    #[error("a code could not be drawn")]
    Drawing,
    /// The operating system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
    /// It cannot be signed.
    #[error("it cannot be signed: {0}")]
    Signed(#[from] SignedError),
    /// The disk.
    #[error("{path}: {error}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The terminal.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

impl OperatorError {
    pub(crate) fn disk(path: &Path, error: io::Error) -> Self {
        Self::Disk {
            path: path.to_owned(),
            error,
        }
    }
}

/// What the clock of this machine says.
///
/// # Errors
/// It stands before what can be written.
pub fn now() -> Result<Moment, OperatorError> {
    u64::try_from(crate::opening::now().0)
        .map(Moment)
        .map_err(|_| OperatorError::Clock)
}

/// Asks for a passphrase on the terminal, unseen.
///
/// # Errors
/// There is no terminal.
pub fn ask_on_terminal(prompt: &str) -> io::Result<SecretString> {
    rpassword::prompt_password(prompt).map(SecretString::from)
}

/// Does what the operator asked for.
///
/// # Errors
/// Why nothing was done.
pub fn run(operator: &Operator, desk: &mut Desk<'_>) -> Result<(), OperatorError> {
    match &operator.command {
        Command::Init => init(operator, desk),
        Command::Show => show(operator, desk),
        Command::SignDeployment(what) => deployment::sign(what, &mut Opened::open(operator, desk)?, desk),
        Command::SignInvitations(what) => invitations::sign(what, &mut Opened::open(operator, desk)?, desk),
        Command::SignCertificate(what) => certificates::sign(what, &mut Opened::open(operator, desk)?, desk),
        Command::Revoke(what) => certificates::revoke(what, &mut Opened::open(operator, desk)?, desk),
    }
}

/// The root, open for one run. No other run changes its register meanwhile.
struct Opened {
    key: SigningKey,
    register: Register,
    folder: PathBuf,
    now: Moment,
    _lock: std::fs::File,
}

impl Opened {
    fn open(operator: &Operator, desk: &mut Desk<'_>) -> Result<Self, OperatorError> {
        let folder = operator.folder.clone();
        let sealed = root::read(&folder)?;
        let lock = files::lock(&folder)?;
        let register = Register::read(&folder)?;
        // Statements begin and end by this clock, and without a network nothing sets it right.
        if desk.now < Moment(register.last_use) {
            return Err(OperatorError::Clock);
        }
        let key = root::open(&sealed, &passphrase(operator, desk, "Passphrase of the root: ")?)?;
        if register.root() == Some(key.verifying_key()) {
            Ok(Self {
                key,
                register,
                folder,
                now: desk.now,
                _lock: lock,
            })
        } else {
            Err(OperatorError::Register)
        }
    }

    /// Changes the register for good, before anything that rests on it is written.
    fn note(&mut self, change: impl FnOnce(&mut Register)) -> Result<(), OperatorError> {
        change(&mut self.register);
        self.register.last_use = self.now.0;
        self.register.write(&self.folder)
    }
}

fn init(operator: &Operator, desk: &mut Desk<'_>) -> Result<(), OperatorError> {
    files::must_be_free(&operator.folder)?;
    let secret = passphrase(operator, desk, "Passphrase for the new root: ")?;
    root::require_strong(&secret)?;
    if operator.passphrase_file.is_none() {
        root::require_same(&secret, &(desk.ask)("The same once more: ")?)?;
    }
    let seed = zeroize::Zeroizing::new(random()?);
    let sealed = root::seal(&seed, &secret, desk.work)?;
    // It is opened once before anybody relies on it.
    let key = root::open(&sealed, &secret)?.verifying_key();
    files::write_new_folder(&operator.folder, |folder| {
        root::write(folder, &sealed)?;
        Register::new(&key, desk.now).write(folder)
    })?;
    writeln!(desk.out, "A new root is in {}.", operator.folder.display())?;
    show_key(&key, desk.out)
}

fn show(operator: &Operator, desk: &mut Desk<'_>) -> Result<(), OperatorError> {
    root::read(&operator.folder)?;
    let register = Register::read(&operator.folder)?;
    show_key(&register.root().ok_or(OperatorError::Register)?, desk.out)?;
    register.show(desk.now, desk.out)
}

fn show_key(key: &VerifyingKey, out: &mut dyn Write) -> Result<(), OperatorError> {
    writeln!(out, "Fingerprint:  {}", key.fingerprint())?;
    writeln!(
        out,
        "Public key:   {}",
        data_encoding::HEXLOWER.encode(key.as_bytes())
    )?;
    Ok(())
}

fn passphrase(operator: &Operator, desk: &mut Desk<'_>, prompt: &str) -> Result<SecretString, OperatorError> {
    match &operator.passphrase_file {
        Some(file) => root::passphrase_in(file),
        None => Ok((desk.ask)(prompt)?),
    }
}

fn random<const N: usize>() -> Result<[u8; N], OperatorError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| OperatorError::Randomness)?;
    Ok(bytes)
}
