// Read by the program and, with the same words, by its build script: what is wrong here fails the build.

/// What a list of roots holds: 64 hexadecimal digits each, with commas between. An empty list holds none.
pub(crate) fn read<K>(list: &str, key: impl Fn(&[u8; 32]) -> Option<K>) -> Result<Vec<K>, String> {
    let mut seen = Vec::new();
    let mut keys = Vec::new();
    if list.trim().is_empty() {
        return Ok(keys);
    }
    for (place, typed) in list.split(',').enumerate() {
        let place = place + 1;
        let decoded = data_encoding::HEXLOWER_PERMISSIVE.decode(typed.trim().as_bytes());
        let bytes: Option<[u8; 32]> = decoded.ok().and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| format!("root {place} is not 64 hexadecimal digits"))?;
        if seen.contains(&bytes) {
            return Err(format!("root {place} stands there twice"));
        }
        keys.push(key(&bytes).ok_or_else(|| format!("root {place} is no public key of Ed25519"))?);
        seen.push(bytes);
    }
    Ok(keys)
}
