//! `gcapi whoami`

use gcapi::{Client, Method};

use super::Done;
use crate::output::Output;
use crate::settings::Settings;
use crate::{connect, human};

pub(super) async fn run(settings: &Settings, output: Output) -> Done {
    let (client, source) = connect::signed_in(settings, output)?;
    // Refuses a bad token, which lists of public things would not.
    client.version().await?;
    let user = user_name(&client).await;
    let archives = client
        .archives()
        .page(&gcapi::Filters::new(), 0, 1)
        .await?
        .count;
    if output.json {
        output.json(&serde_json::json!({
            "event": "whoami",
            "base_url": client.base_url().as_str(),
            "user": user,
            "token_from": source.to_string(),
            "archives": archives,
        }));
        return Ok(0);
    }
    output.data(&format!("platform  {}", client.base_url()));
    output.data(&format!(
        "user      {}",
        user.as_deref().unwrap_or("(the platform does not say)")
    ));
    output.data(&format!("token     valid, from {source}"));
    output.data(&format!("archives  {archives} visible"));
    Ok(0)
}

/// The name of the user, on platforms that give it
/// (`GET profiles/users/self/`).
async fn user_name(client: &Client) -> Option<String> {
    let answer = client
        .request(Method::GET, "profiles/users/self/", &[], None)
        .await
        .ok()?;
    let profile = answer.json().ok()?;
    let user = profile.get("user")?;
    let name = user.get("username").unwrap_or(user).as_str()?;
    Some(human::printable(name))
}
