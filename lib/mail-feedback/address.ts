import { domainToASCII, domainToUnicode } from 'node:url'

/** SES takes international domains in their ASCII form only. */
export function toAscii(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
}

/** What the same mailbox always goes by, whether a user wrote it or SES did: as people write it, in lower case. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToUnicode(address.slice(at + 1))}`.toLowerCase()
}

/** How accounts may spell it. */
export const spellingsOf = (mailbox: string): string[] => [...new Set([mailbox, toAscii(mailbox)])]
