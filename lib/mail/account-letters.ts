import { compose, linkTo } from './letter.ts'

/** What letters about an account are written from; each takes what it needs. */
export interface AccountValues {
  readonly username: string
  readonly appUrl: string
  /** Of the link, where it does something by itself. */
  readonly token: string
}

type Named = Pick<AccountValues, 'username' | 'appUrl'>

export const verificationLetter = ({ username, appUrl, token }: AccountValues) =>
  compose({
    subject: 'Verify your e-mail address',
    username,
    paragraphs: ['Welcome to Veza. Please confirm that this address is yours, then you can sign in.'],
    action: { label: 'Verify my address', url: linkTo(appUrl, 'verify-email', token) },
    closing: 'The link works once, within 24 hours. If you did not ask for an account, ignore this mail.',
  })

export const accountExistsLetter = ({ username, appUrl }: Named) =>
  compose({
    subject: 'You already have a Veza account',
    username,
    paragraphs: [
      'Somebody tried to register with this address, but it already belongs to your account. Nothing was changed.',
    ],
    action: { label: 'Sign in', url: `${appUrl}/login` },
    closing: 'If this was not you, there is nothing to do.',
  })

export const accountUnverifiedLetter = ({ username, appUrl }: Named) =>
  compose({
    subject: 'Your Veza account is waiting to be verified',
    username,
    paragraphs: [
      'Somebody tried to register with this address again. An account with it exists, but the address was never verified. Nothing was changed.',
    ],
    action: { label: 'Get a new link', url: `${appUrl}/verify-email` },
    closing: `If you did not register as ${username}, do not verify the address.`,
  })
