//! The command line: what is asked, and where it runs.

pub mod doctor;
pub mod operate;
mod show;

use std::{
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use domain::setting::Setting;
use operate::Request;

use crate::{
    config::{Config, Invalid, Resolved},
    control, demo, fetch, hls_check, serve, telemetry,
};

/// Exit code for a configuration that cannot be used (`EX_CONFIG` of sysexits).
const BAD_CONFIGURATION: u8 = 78;
/// A server that says nothing for this long cannot serve; containers ask again.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(10);
/// Name of the settings file in the data directory.
const SETTINGS_FILE: &str = "media-server.toml";

#[derive(Parser)]
#[command(
    name = "media-server",
    version,
    about = "Live streams and media, for the right people",
    propagate_version = true
)]
struct Cli {
    /// Directory under which everything lies that must last.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Settings file; `media-server.toml` in the data directory unless given.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, such as `http.listen=127.0.0.1:3000`; may be repeated.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
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
enum Visibility {
    Public,
    Unlisted,
    Members,
    Private,
}

impl Visibility {
    const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Members => "members",
            Self::Private => "private",
        }
    }
}

#[derive(Subcommand)]
enum User {
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
enum Stream {
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
enum Key {
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
enum ApiKey {
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
enum Code {
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
enum Library {
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
enum ConfigCommand {
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

/// Runs what the process was asked for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let config = match configuration(&cli) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("media-server: {error}");
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    match act(cli, &config) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("media-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn configuration(cli: &Cli) -> Result<Config, Invalid> {
    let mut flags = cli.set.clone();
    let is_demo = matches!(cli.command, Some(Command::Demo));
    if is_demo {
        flags.insert(0, "data_dir=./demo-data".to_owned());
    }
    if let Some(folder) = &cli.data_dir {
        flags.push(format!("data_dir={}", folder.display()));
    }
    let environment = || {
        std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
    };
    if let Some(file) = &cli.config {
        return Resolved::new(Some(file), environment(), &flags).map(Config::new);
    }
    // The file lies in the data directory, which only the other sources can have named.
    let without = Config::new(Resolved::new(None, environment(), &flags)?);
    let file = without.data_dir().join(SETTINGS_FILE);
    if file.is_file() {
        return Resolved::new(Some(&file), environment(), &flags).map(Config::new);
    }
    Ok(without)
}

fn act(cli: Cli, config: &Config) -> Result<ExitCode> {
    let (request, json) = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => return run_server(config, false),
        Command::Demo => return run_server(config, true),
        Command::Config(command) => return settings(&command, config),
        Command::Openapi => {
            println!("{:#}", web::openapi());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "media-server",
                &mut std::io::stdout(),
            );
            return Ok(ExitCode::SUCCESS);
        }
        Command::HlsCheck {
            url,
            seconds,
            header,
            json,
        } => {
            let headers = headers(header)?;
            return single_threaded()?.block_on(hls_check::run(&url, seconds, headers, json));
        }
        Command::Healthcheck { url } => {
            return single_threaded()?.block_on(healthcheck(config, url));
        }
        Command::Doctor { json } => return single_threaded()?.block_on(doctor::run(config, json)),
        Command::Upload {
            file,
            slug,
            user,
            title,
            visibility,
            json,
        } => {
            // The running server has a working directory of its own.
            let path = std::path::absolute(&file)?;
            if !path.exists() {
                bail!("there is no file {}", path.display());
            }
            let request = Request::Upload {
                path,
                slug,
                user,
                title,
                visibility: visibility.word().to_owned(),
            };
            (request, json)
        }
        Command::Code(command) => code(command),
        Command::Library(Library::Scan { json }) => (Request::LibraryScan, json),
        Command::Library(Library::List { json }) => (Request::LibraryList, json),
        Command::User(command) => user(command)?,
        Command::Stream(command) => stream(command)?,
        Command::ApiKey(ApiKey::Add {
            name,
            user,
            scopes,
            expires,
            json,
        }) => (
            Request::ApiKeyAdd {
                name,
                user,
                scopes,
                expires,
            },
            json,
        ),
    };
    let shape = request.shape();
    let value = single_threaded()?.block_on(control::ask(config, request))?;
    if json {
        println!("{value}");
    } else {
        print!("{}", show::text(shape, &value));
    }
    Ok(ExitCode::SUCCESS)
}

fn code(command: Code) -> (Request, bool) {
    match command {
        Code::Add {
            code,
            user,
            item,
            expires,
            description,
            json,
        } => {
            let request = Request::CodeAdd {
                code,
                user,
                items: item,
                expires,
                description,
            };
            (request, json)
        }
        Code::List { json } => (Request::CodeList, json),
        Code::Delete { code, json } => (Request::CodeDelete { code }, json),
    }
}

/// Where a server that does not run will be reached, as far as its settings tell; empty where they do not.
pub fn origin(config: &Config) -> String {
    match config.text("http.public_url").trim_end_matches('/') {
        "" => here(config).unwrap_or_default(),
        public => public.to_owned(),
    }
}

/// The address of this server on this machine.
fn here(config: &Config) -> Result<String> {
    let mut address = config
        .listen("http.listen")
        .context("`http.listen` is switched off")?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{address}"))
}

fn user(command: User) -> Result<(Request, bool)> {
    Ok(match command {
        User::Add { name, admin, json } => (
            Request::UserAdd {
                name,
                admin,
                password: secret("Password")?,
            },
            json,
        ),
        User::Invite { name, admin, json } => (Request::UserInvite { name, admin }, json),
        User::ResetLink { name, json } => (Request::UserResetLink { name }, json),
        User::List { json } => (Request::UserList, json),
        User::ResetPassword { name, json } => (
            Request::UserResetPassword {
                name,
                password: secret("New password")?,
            },
            json,
        ),
        User::Disable { name, json } => (Request::UserDisable { name }, json),
    })
}

fn stream(command: Stream) -> Result<(Request, bool)> {
    Ok(match command {
        Stream::Add {
            slug,
            title,
            visibility,
            owner,
            json,
        } => (
            Request::StreamAdd {
                slug,
                title,
                visibility: visibility.word().to_owned(),
                owner,
            },
            json,
        ),
        Stream::List { json } => (Request::StreamList, json),
        Stream::Key {
            slug,
            command: Key::Add { name, own, json },
        } => {
            let key = if own {
                Some(secret("Stream key")?)
            } else {
                None
            };
            (Request::KeyAdd { slug, name, key }, json)
        }
        Stream::Key {
            slug,
            command: Key::Revoke { id, json },
        } => (Request::KeyRevoke { slug, id }, json),
        Stream::Key {
            slug,
            command: Key::List { json },
        } => (Request::KeyList { slug }, json),
    })
}

/// Reads a secret from standard input: its first line.
fn secret(what: &str) -> Result<String> {
    const BYTES_MAX: u64 = 64 * 1024;
    let stdin = std::io::stdin();
    let mut text = String::new();
    if stdin.is_terminal() {
        eprint!("{what}: ");
        stdin.read_line(&mut text)?;
    } else {
        stdin
            .lock()
            .take(BYTES_MAX)
            .read_to_string(&mut text)
            .context("standard input is not text")?;
    }
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    if line.is_empty() {
        bail!("give the {} on standard input", what.to_lowercase());
    }
    Ok(line.to_owned())
}

fn headers(given: Vec<String>) -> Result<Vec<(String, String)>> {
    given
        .into_iter()
        .map(|header| {
            let header = if header == "-" {
                secret("header")?
            } else {
                header
            };
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| anyhow!("a header has the form `Name: value`"))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn settings(command: &ConfigCommand, config: &Config) -> Result<ExitCode> {
    match command {
        ConfigCommand::Check => println!("The settings can be used."),
        ConfigCommand::Show { json } => {
            let kept = kept_settings(config).unwrap_or_else(|error| {
                eprintln!(
                    "media-server: what was changed on the page of settings is not shown: {error:#}"
                );
                Vec::new()
            });
            print!("{}", show::settings(&config.with_page(&kept), *json)?);
        }
        ConfigCommand::Reference => print!("{}", show::reference()),
        ConfigCommand::Sample => print!("{}", show::sample()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What was changed on the page of settings; nothing where there is no database yet, and none is made.
fn kept_settings(config: &Config) -> Result<Vec<Setting>> {
    let folder = config.data_dir();
    if !folder.join("media.db").is_file() {
        return Ok(Vec::new());
    }
    let answer = single_threaded()?.block_on(control::ask(config, Request::SettingList))?;
    let kept = answer["settings"].as_array().into_iter().flatten();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(kept
        .map(|kept| Setting {
            name: text(&kept["name"]),
            value: text(&kept["value"]),
        })
        .collect())
}

fn run_server(config: &Config, is_demo: bool) -> Result<ExitCode> {
    telemetry::start(config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        if is_demo {
            demo::run(config).await
        } else {
            serve::run(config).await
        }
    });
    // Threads that still hash a password are not waited for.
    runtime.shutdown_background();
    done.map(|()| ExitCode::SUCCESS)
}

fn single_threaded() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

async fn healthcheck(config: &Config, url: Option<String>) -> Result<ExitCode> {
    let base = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => here(config)?,
    };
    let url = match base.strip_suffix("/health") {
        Some(_) => base,
        None => format!("{base}/health"),
    };
    let answer = tokio::time::timeout(HEALTH_TIMEOUT, fetch::get(&url, &[]))
        .await
        .map_err(|_| anyhow!("{url}: no answer within {} s", HEALTH_TIMEOUT.as_secs()))??;
    println!("{}", String::from_utf8_lossy(&answer.body));
    Ok(if answer.status == 200 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
