//! What may be written on the command line. Comments of commands and flags are what `--help` says.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(
    name = "media-server",
    version,
    about = "Live streams and media, for the right people",
    propagate_version = true
)]
pub(super) struct Cli {
    /// Directory under which everything lies that must last.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Settings file; `media-server.toml` in the data directory unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// One setting, such as `http.listen=127.0.0.1:3000`; may be repeated.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Run the server (the default).
    Serve,
    /// Try it: a data directory of its own, a live test signal, and a link to open.
    Demo,
    /// People who can log in.
    #[command(subcommand)]
    User(User),
    /// Streams and their keys.
    #[command(subcommand)]
    Stream(Stream),
    /// Keys for programs.
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// Bring a video, an image, or a folder of prepared HLS.
    Upload {
        /// The file, or the folder with `master.m3u8` or `index.m3u8`.
        file: PathBuf,
        /// Its name in addresses; made from the file's name unless given.
        #[arg(long)]
        slug: Option<String>,
        /// Whose it will be.
        #[arg(long)]
        user: String,
        /// Its name for people.
        #[arg(long)]
        title: Option<String>,
        /// Who can see it.
        #[arg(long, value_enum, default_value = "private")]
        visibility: Visibility,
        #[arg(long)]
        json: bool,
    },
    /// Access codes, which open chosen items for people without an account.
    #[command(subcommand)]
    Code(Code),
    /// Stored videos and images.
    #[command(subcommand)]
    Library(Library),
    /// Settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check a live LL-HLS playlist against the specification.
    HlsCheck {
        /// Address of the multivariant or media playlist.
        url: String,
        /// How long to watch it.
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(2..=3600))]
        seconds: u64,
        /// A header for every request, such as `Authorization: Bearer …`; read from standard input with `-`.
        #[arg(long, value_name = "NAME: VALUE")]
        header: Vec<String>,
        /// Print findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask the running server whether it can serve; for containers. Exit code 0 when it can.
    Healthcheck {
        /// Address to ask, such as `http://127.0.0.1:3000`; that of `http.listen` unless given.
        #[arg(long)]
        url: Option<String>,
    },
    /// Look at everything that often goes wrong, and say how to put it right. Exit code 0 when nothing is red.
    Doctor {
        /// Print findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Print a completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Visibility {
    Public,
    Unlisted,
    Members,
    Private,
}

impl Visibility {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Members => "members",
            Self::Private => "private",
        }
    }
}

#[derive(Subcommand)]
pub(super) enum User {
    /// Add a person; the password comes on standard input.
    Add {
        name: String,
        /// An administrator.
        #[arg(long)]
        admin: bool,
        #[arg(long)]
        json: bool,
    },
    /// Add a person without a password; prints a link with which they choose it, once, within 3 days.
    Invite {
        name: String,
        /// An administrator.
        #[arg(long)]
        admin: bool,
        #[arg(long)]
        json: bool,
    },
    /// Print a link with which a person chooses a new password, once, within 3 days; an older link is void.
    ResetLink {
        name: String,
        #[arg(long)]
        json: bool,
    },
    /// List everybody.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Set a new password, from standard input; ends the person's logins.
    ResetPassword {
        name: String,
        #[arg(long)]
        json: bool,
    },
    /// Switch an account off: logins, keys and viewers end at once.
    Disable {
        name: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum Stream {
    /// Add a stream; prints its first key, this once.
    Add {
        slug: String,
        /// Name for people; the slug unless given.
        #[arg(long)]
        title: Option<String>,
        /// Who can watch.
        #[arg(long, value_enum, default_value = "private")]
        visibility: Visibility,
        /// Whose it is; the first administrator's unless given.
        #[arg(long)]
        owner: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// List all streams.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Keys of a stream.
    Key {
        slug: String,
        #[command(subcommand)]
        command: Key,
    },
}

#[derive(Subcommand)]
pub(super) enum Key {
    /// Add a key; prints it, this once.
    Add {
        name: String,
        /// Take the key from standard input instead of making one; 20 characters or more.
        #[arg(long)]
        own: bool,
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; its publisher is cut within a second.
    Revoke {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// List the keys, without the keys themselves.
    List {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum ApiKey {
    /// Add an API key; prints it, this once.
    Add {
        name: String,
        /// Whose rights it has.
        #[arg(long)]
        user: String,
        /// What it may be used for: read, manage, publish, admin.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// When it ends, RFC 3339.
        #[arg(long)]
        expires: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum Code {
    /// Make a code; prints it.
    Add {
        /// Its text; made unless given.
        #[arg(long)]
        code: Option<String>,
        /// Whose it is; they own what it opens.
        #[arg(long)]
        user: String,
        /// What it opens: `video:SLUG`, `image:SLUG` or `stream:SLUG`; may be repeated.
        #[arg(long, required = true, value_name = "KIND:SLUG")]
        item: Vec<String>,
        /// When it ends, RFC 3339.
        #[arg(long)]
        expires: Option<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// List all codes.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Delete a code: whoever watches with it is cut off.
    Delete {
        code: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum Library {
    /// Adopt folders of prepared HLS in `storage/public/` and `storage/private/`.
    Scan {
        #[arg(long)]
        json: bool,
    },
    /// List all videos and images.
    List {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Say whether the settings can be used.
    Check,
    /// Show every setting and where it comes from.
    Show {
        #[arg(long)]
        json: bool,
    },
    /// Print the reference page of all settings.
    Reference,
    /// Print a sample settings file.
    Sample,
}
