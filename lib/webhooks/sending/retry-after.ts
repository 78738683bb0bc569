/** Seconds, or a date as HTTP writes it; nothing of what is neither. */
export function readRetryAfter(value: string | string[] | undefined, now: Date): number | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  // Of what begins with a day of the week, for the parser takes nearly everything for a date.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}
