export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const later = (than: Date, ms: number) => new Date(than.getTime() + ms)
export const earlier = (than: Date, ms: number) => new Date(than.getTime() - ms)

/** The day of UTC, `2026-12-01`. */
export const dayOf = (time: Date) => time.toISOString().slice(0, 10)

/** When a month of UTC begins, so many after that of a time, or before it. */
export const firstOfMonth = (time: Date, months: number) =>
  new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months, 1))
