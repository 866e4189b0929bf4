/** Makes a request of the server. Answers what went wrong, or nothing. */
export async function send(method, path, body = "") {
  const options = { method, body, headers: { "content-type": "text/plain; charset=utf-8" } };
  try {
    const response = await fetch(path, options);
    if (response.ok) return "";
    const { message } = await response.json();
    return message;
  } catch {
    return "The server does not answer. Nothing was sent; try again when it is back.";
  }
}
