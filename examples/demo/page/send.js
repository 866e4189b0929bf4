/** Makes a request of the server. Answers what went wrong, or nothing. */
export async function send(method, path, body) {
  try {
    const headers = body === undefined ? {} : { "content-type": "text/plain; charset=utf-8" };
    const response = await fetch(path, { method, headers, body });
    if (response.ok) return "";
    const { message } = await response.json();
    return message;
  } catch {
    return "The server does not answer. Nothing was sent; try again when it is back.";
  }
}
