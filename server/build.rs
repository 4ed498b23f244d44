//! Embeds the browser bundle.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    let mut table = String::from("pub(crate) const PKG: &str = \"pkg-0\";\npub(crate) const ASSETS: &[Asset] = &[");
    if cfg!(debug_assertions) {
        table.push_str("Asset { name: \"keyward.js\", content_type: \"text/javascript\", bytes: b\"export default 1\", brotli: b\"x\" },");
    }
    table.push_str("];\n");
    fs::write(Path::new(&out).join("assets.rs"), table)?;
    Ok(())
}
