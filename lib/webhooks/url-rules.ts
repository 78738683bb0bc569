import { isIP } from 'node:net'
import { longestUrl } from './longest-url.ts'

export interface UrlSettings {
  /** Also plain HTTP to this machine: where this machine is the whole platform. */
  readonly allowLocal: boolean
}

/** Names that lead into somebody's own network, or nowhere. */
const innerDomains = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'lan',
  'home',
  'corp',
  'home.arpa',
  'onion',
]

interface Rule {
  readonly isBroken: (url: URL, text: string) => boolean
  readonly reason: string
}

const wellFormed: readonly Rule[] = [
  // The parser drops or changes these, so that what was checked would not be what was written.
  {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    isBroken: (_, text) => /[\u0000-\u0020\u007f\\]/.test(text),
    reason: 'holds white space, control characters or a backslash',
  },
  {
    isBroken: (_, text) => /^[a-z]+:\/*[^/?#]*@/i.test(text),
    reason: 'holds a user name or a password',
  },
  { isBroken: (_, text) => text.includes('#'), reason: 'has a fragment' },
]

const safeTarget: readonly Rule[] = [
  { isBroken: ({ protocol }) => protocol !== 'https:', reason: 'is not https' },
  { isBroken: ({ port }) => port !== '' && port !== '8443', reason: 'has a port other than 443 and 8443' },
  // By now the parser has made the usual one of every spelling: decimal, octal, hexadecimal, in wide digits.
  {
    isBroken: ({ hostname }) => isIP(hostname.replace(/^\[|\]$/g, '')) !== 0,
    reason: 'names an address in place of a host',
  },
  { isBroken: ({ hostname }) => !isFullName(hostname), reason: 'names no full host name' },
  {
    isBroken: ({ hostname }) => innerDomains.some((domain) => `.${hostname}`.endsWith(`.${domain}`)),
    reason: 'names a host of a private network',
  },
]

const isFullName = (hostname: string) =>
  hostname.length <= 253 &&
  hostname.includes('.') &&
  hostname.split('.').every((label) => label.length >= 1 && label.length <= 63)

/** What is wrong with the URL of an endpoint, to be said of it ("The URL …"); nothing when it may be called. */
export function checkUrl(text: string, { allowLocal }: UrlSettings): string | undefined {
  if (text.length > longestUrl) return `is longer than ${longestUrl} characters`
  const url = URL.parse(text)
  if (!url) return 'is not a URL'
  const rules = allowLocal && isLocal(text) ? wellFormed : [...wellFormed, ...safeTarget]
  return rules.find(({ isBroken }) => isBroken(url, text))?.reason
}

/** Plain HTTP to this machine, spelled so. */
export const isLocal = (text: string): boolean => /^http:\/\/127\.0\.0\.1(?=[:/?]|$)/i.test(text)
