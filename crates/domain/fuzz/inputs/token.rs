//! Any text as a token, and tokens of ours with some characters changed.

use domain::{
    access_code::CodeId,
    api_key::ApiKeyId,
    clock::Time,
    grant::{Granted, Mint, Subject},
    item::Item,
    login::LoginId,
    store::GrantKey,
    stored::StoredId,
    stream::StreamId,
};

/// Panics where a token is taken that was not given.
pub fn run(data: &[u8]) {
    let mint = Mint::new(&GrantKey([7; 32]));
    if let Ok(text) = std::str::from_utf8(data) {
        verify(&mint, text);
    }
    let Some((head, changes)) = data.split_first_chunk::<6>() else {
        return;
    };
    let number = u64::from_be_bytes([0, 0, 0, head[1], head[2], head[3], head[4], head[5]]);
    let subject = match head[0] % 4 {
        0 => Subject::Nobody,
        1 => Subject::Login(LoginId::from_number(number)),
        2 => Subject::ApiKey(ApiKeyId::from_number(number)),
        _ => Subject::Code {
            code: CodeId::from_number(number),
            seat: u32::from_be_bytes([head[5], head[1], head[2], head[3]]),
        },
    };
    let id = number.rotate_left(17);
    let item = match head[4] % 3 {
        0 => Item::Stream(StreamId::from_number(id)),
        1 => Item::Video(StoredId::from_number(id)),
        _ => Item::Image(StoredId::from_number(id)),
    };
    let granted = Granted { item, subject };
    let ends = Time::from_ms(i64::from(head[5]) * 3_600_000);
    let token = mint.mint(granted, u32::from(head[4]), ends);
    let mut text = token.to_string().into_bytes();
    for change in changes.chunks_exact(2) {
        let at = usize::from(change[0]) % text.len();
        text[at] = change[1] & 0x7f;
    }
    let text = String::from_utf8(text).expect("ASCII");
    assert_eq!(
        verify(&mint, &text),
        text == *token,
        "another token than the one that was given"
    );
}

/// Whether the token is taken; one that is must be the one way to write what it says.
fn verify(mint: &Mint, text: &str) -> bool {
    let Some(grant) = mint.verify(text) else {
        return false;
    };
    assert_eq!(
        *mint.mint(grant.granted, grant.generation, grant.ends),
        *text
    );
    assert_eq!(
        mint.verify(text),
        Some(grant),
        "what is remembered is what was read"
    );
    true
}
