/** The id that this browser gives itself, so that the daemon knows what it was shown. One for all its tabs. */
const KEY = 'posthouse-client';
let kept: string | undefined;

export function clientId(): string {
  kept ??= stored() ?? made();
  return kept;
}

function stored(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function made(): string {
  // Not `randomUUID`: a page that came over plain HTTP from another machine has none.
  const id = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // A browser that keeps nothing: the id lasts as long as the page.
  }
  return id;
}
