//! The command line: what is asked, and where it runs.

mod arguments;
pub mod doctor;
pub mod operate;
mod request;
mod show;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use arguments::{ApiKey, Cli, Command, ConfigCommand, Library};
use clap::{CommandFactory as _, Parser as _};
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
            let headers = request::headers(header)?;
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
        Command::Code(command) => request::code(command),
        Command::Library(Library::Scan { json }) => (Request::LibraryScan, json),
        Command::Library(Library::List { json }) => (Request::LibraryList, json),
        Command::User(command) => request::user(command)?,
        Command::Stream(command) => request::stream(command)?,
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
