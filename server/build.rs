//! Embeds what the browser loads: the WASM bundle and the style sheet, plain and compressed.
//!
//! Input: the files in `target/site` (or the folder named by `KEYWARD_SITE`), written by trunk, and `style/*.css` in the order that
//! `style/order.txt` declares, one file name a line. Output: `$OUT_DIR/assets.rs` with
//! - `PKG`: the folder that the files are served from. It carries a hash of their content, so they may be cached for ever.
//! - `ASSETS`: a `[Asset]`, which `server::assets` declares: name, content type, bytes, the same bytes compressed with brotli.
//!
//! Without a bundle `ASSETS` is empty: the code still compiles, and `keyward serve` refuses to start.
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]
#![allow(clippy::disallowed_methods, reason = "this is how cargo talks to a build script")]

use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A file to be served: its path below `PKG`, and its content.
struct Asset {
    name: String,
    bytes: Vec<u8>,
}

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed=KEYWARD_SITE");
    println!("cargo::rerun-if-changed=build.rs");

    let site = env::var_os("KEYWARD_SITE").map_or_else(|| root.join("target/site"), PathBuf::from);
    // Cargo runs this script again and again while a watched path is missing.
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed={}", site.display());
    println!("cargo::rerun-if-changed={}", root.join("style").display());

    let mut assets = Vec::new();
    collect(&site, "", &mut assets)?;
    let css = style_sheet(&root.join("style"))?;
    if ["keyward.js", "keyward_bg.wasm"].iter().all(|name| assets.iter().any(|asset| asset.name == *name)) {
        assets.push(Asset { name: "keyward.css".to_owned(), bytes: css });
        assets.sort_by(|a, b| a.name.cmp(&b.name));
    } else {
        assets.clear();
    }
    write_table(&out, &assets)
}

/// Adds the scripts and WASM modules below `folder`. Trunk's own page and its unfinished work stay out.
fn collect(folder: &Path, prefix: &str, assets: &mut Vec<Asset>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "a file name in the bundle is not UTF-8")?;
        let path = format!("{prefix}{name}");
        if name.starts_with('.') {
            continue;
        } else if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), assets)?;
        } else if content_type(&name).is_some() {
            assets.push(Asset { name: path, bytes: fs::read(entry.path())? });
        }
    }
    Ok(())
}

/// Joins the style files in their declared order. A file that is not declared, or declared and missing, stops the build.
fn style_sheet(folder: &Path) -> Result<Vec<u8>> {
    let Ok(order) = fs::read_to_string(folder.join("order.txt")) else { return Ok(Vec::new()) };
    let order: Vec<&str> = order.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") && !order.contains(&name.as_str()) {
            return Err(format!("style/{name} is not in style/order.txt").into());
        }
    }
    let mut css = Vec::new();
    for name in order {
        let file = fs::read(folder.join(name)).map_err(|error| format!("style/order.txt names {name}: {error}"))?;
        css.extend_from_slice(&file);
        css.push(b'\n');
    }
    Ok(css)
}

/// The media type of a served file; none for what is not served. `application/wasm` is what streaming compilation asks for.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "css" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

/// The first 8 bytes, in hex, of a SHA-256 over names, lengths and contents.
fn content_hash(assets: &[Asset]) -> Result<String> {
    let mut hash = Sha256::new();
    for asset in assets {
        hash.update(u64::try_from(asset.name.len())?.to_be_bytes());
        hash.update(asset.name.as_bytes());
        hash.update(u64::try_from(asset.bytes.len())?.to_be_bytes());
        hash.update(&asset.bytes);
    }
    let mut hex = String::new();
    for byte in &hash.finalize()[..8] {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

/// Brotli (RFC 7932). The best quality takes seconds, so a debug build makes do with a fast one.
fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let quality = if env::var("PROFILE")? == "release" { 11 } else { 4 };
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, quality, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(packed)
}

/// Writes the files and the table that includes them.
fn write_table(out: &Path, assets: &[Asset]) -> Result<()> {
    let pkg = if assets.is_empty() { "pkg-none".to_owned() } else { format!("pkg-{}", content_hash(assets)?) };
    let mut table = format!(
        "/// The folder that the assets are served from, named after their content.\n\
         pub(crate) const PKG: &str = {pkg:?};\n\n\
         /// What the browser loads, by name; empty without a bundle.\n\
         pub(crate) const ASSETS: &[Asset] = &[\n"
    );
    for (number, asset) in assets.iter().enumerate() {
        fs::write(out.join(format!("asset-{number}")), &asset.bytes)?;
        fs::write(out.join(format!("asset-{number}.br")), compress(&asset.bytes)?)?;
        let kind = content_type(&asset.name).ok_or("an asset has no content type")?;
        writeln!(
            table,
            "    Asset {{ name: {:?}, content_type: {kind:?}, bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/asset-{number}\")), \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/asset-{number}.br\")) }},",
            asset.name
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}
