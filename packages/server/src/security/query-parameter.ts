/** What is left of a URL when a query parameter is taken out of it, and the values it had. */
export interface TakenParameter {
  readonly url: string;
  readonly values: readonly string[];
}

/** Takes a query parameter out of a path with its query; all else stays as it was written. */
export function takeQueryParameter(url: string, name: string): TakenParameter {
  const start = url.indexOf("?");
  if (start === -1) return { url, values: [] };
  const parts = url.slice(start + 1).split("&");
  const values: string[] = [];
  const others = parts.filter((part) => {
    const [entry] = new URLSearchParams(part);
    if (entry?.[0] !== name) return true;
    values.push(entry[1]);
    return false;
  });
  if (values.length === 0) return { url, values };
  const query = others.length === 0 ? "" : `?${others.join("&")}`;
  return { url: `${url.slice(0, start)}${query}`, values };
}
