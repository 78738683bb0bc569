/**
 * Why something is kept and does not count: `ua` a program called · `datacenter` from where nobody listens · `no_token`
 * it names no stream of ours · `pattern` more was heard than there was time for · `rate` too much of it.
 */
export type Filter = 'ua' | 'datacenter' | 'no_token' | 'pattern' | 'rate'

/** Where several hold, the first of them is told. */
export const filters = [
  'ua',
  'datacenter',
  'no_token',
  'pattern',
  'rate',
] as const satisfies readonly Filter[]
