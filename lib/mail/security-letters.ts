import type { ToldKind } from '../notices/notices.ts'
import { compose, linkTo, toMinute } from './letter.ts'
import { describeUserAgent } from './user-agent.ts'

/** What happened to an account. */
export interface SecurityNotice {
  readonly kind: ToldKind
  readonly username: string
  readonly created_at: Date
  readonly ip: string | null
  readonly user_agent: string
  /** As many as there are when the letter is written. */
  readonly recovery_codes_left: number
}

interface Words {
  readonly subject: string
  readonly happened: string
  /** What the link does beyond the usual. */
  readonly also?: string
  /** What the link leaves to be done by hand. */
  readonly byHand?: string
}

const words: Readonly<Record<ToldKind, Words>> = {
  new_device: {
    subject: 'New sign-in to your Veza account',
    happened: 'Somebody signed in to your account on a device that we have not seen before.',
  },
  password_changed: {
    subject: 'Your Veza password was changed',
    happened: 'The password of your account was changed, and every other session was ended.',
  },
  password_reset: {
    subject: 'Your Veza password was reset',
    happened: 'The password of your account was replaced by way of a mailed link. Every session was ended.',
  },
  email_changed: {
    subject: 'The address of your Veza account was changed',
    happened: 'Your account now belongs to another e-mail address. This one gets no more mail from us.',
    also: 'It also brings this address back.',
  },
  two_factor_enabled: {
    subject: 'Two-factor sign-in is on',
    happened: 'From now on, signing in to your account takes a code of the authenticator app.',
    byHand: 'The app stays set up: turn it off once you are back in, or write to support if you cannot.',
  },
  two_factor_disabled: {
    subject: 'Two-factor sign-in is off',
    happened: 'Signing in to your account takes no code of an authenticator app any more.',
    byHand: 'Turn it on again once you are back in.',
  },
  recovery_code_used: {
    subject: 'A recovery code of your Veza account was used',
    happened: 'Somebody signed in with a recovery code in place of a code of the authenticator app.',
    byHand: 'Make new recovery codes once you are back in.',
  },
  recovery_codes_replaced: {
    subject: 'Your Veza recovery codes were replaced',
    happened: 'New recovery codes were made for your account. The old ones do not work any more.',
    byHand: 'Make new recovery codes once you are back in.',
  },
  passkey_added: {
    subject: 'A passkey was added to your Veza account',
    happened: 'A new passkey can sign in to your account.',
    also: 'It also removes the passkey.',
  },
  passkey_removed: {
    subject: 'A passkey was removed from your Veza account',
    happened: 'A passkey cannot sign in to your account any more.',
  },
  session_revoked: {
    subject: 'We ended one of your sessions',
    happened:
      'A sign-in key of yours that was already replaced has been used again. Somebody may have copied it, so that session is over on every device that shared it.',
  },
  session_evicted: {
    subject: 'Your oldest Veza session was ended',
    happened:
      'Your account was signed in at more places than it may be at once, so the session that was begun first is over.',
  },
  deletion_requested: {
    subject: 'Your Veza account is going to be deleted',
    happened: 'Somebody who is signed in asked for your account to be deleted in 30 days.',
    also: 'It also keeps the account.',
  },
}

/** Says what happened, when and from where, with the link for whoever it was not. */
export function securityLetter(notice: SecurityNotice, { appUrl, token }: { appUrl: string; token: string }) {
  const { subject, happened, also, byHand } = words[notice.kind]
  const left = notice.kind === 'recovery_code_used' ? [codesLeft(notice.recovery_codes_left)] : []
  const otherwise = [
    'If this was you, there is nothing to do.',
    'If not, the link below ends every session and asks for a new password before anybody signs in again.',
    ...(also ? [also] : []),
    ...(byHand ? [byHand] : []),
  ]
  return compose({
    subject,
    username: notice.username,
    paragraphs: [[happened, ...left].join(' '), otherwise.join(' ')],
    facts: factsOf(notice),
    action: { label: 'This was not me', url: linkTo(appUrl, 'not-me', token) },
    isWarning: true,
    closing: 'The link works once, within 7 days. We tell you of this whatever your settings are.',
  })
}

const codesLeft = (count: number) =>
  `${count === 1 ? '1 recovery code is' : `${count} recovery codes are`} left.`

const factsOf = ({ created_at, ip, user_agent }: SecurityNotice) => [
  ['When', toMinute(created_at)] as const,
  ['Device', describeUserAgent(user_agent)] as const,
  ...(ip ? [['Address', ip] as const] : []),
]
