const LONGEST = 16_384;
/** Seconds, a separator, and where to: the header of that name and `<meta http-equiv=refresh>`. */
const REFRESH = /^(\s*[\d.]*\s*(?:[;,]|\s)\s*(?:url\s*=\s*)?)(["']?)/i;

/** Replaces the URL of a refresh. */
export function rewriteRefresh(text: string, rewrite: (url: string) => string): string {
  const match = text.length > LONGEST ? null : REFRESH.exec(text);
  if (!match) return text;
  const [prefix, , quote] = match;
  const rest = text.slice(prefix.length);
  const close = quote === '' ? -1 : rest.indexOf(quote!);
  const url = close < 0 ? rest : rest.slice(0, close);
  return url.trim() === '' ? text : prefix + rewrite(url) + (close < 0 ? '' : rest.slice(close));
}
