import { domainToASCII, domainToUnicode } from 'node:url'

/** SES takes international domains in their ASCII form only. */
export function toAscii(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
}

/** What the same mailbox always goes by, whether a user wrote it or SES did. */
export const mailboxOf = (address: string) => toAscii(address).toLowerCase()

/** How accounts may spell what SES calls so. */
export function spellingsOf(mailbox: string): string[] {
  const at = mailbox.lastIndexOf('@')
  return [...new Set([mailbox, `${mailbox.slice(0, at)}@${domainToUnicode(mailbox.slice(at + 1))}`])]
}
