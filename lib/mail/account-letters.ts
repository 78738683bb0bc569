import { compose, linkTo, toMinute } from './letter.ts'

/** What letters about an account are written from; each takes what it needs. */
export interface AccountValues {
  readonly username: string
  readonly appUrl: string
  /** Of the link, where it does something by itself. */
  readonly token: string
}

interface SuspensionValues {
  readonly username: string
  readonly suspended_until: Date | null
  readonly suspended_reason: string | null
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

/** Of an address that mail came back from, or where a mail of ours was called unwanted. */
export const verifiedAnewLetter = ({ username, appUrl, token }: AccountValues) =>
  compose({
    subject: 'Confirm that our mail reaches you',
    username,
    paragraphs: [
      'Mail to this address came back to us, or was reported as unwanted, so we stopped sending it. Somebody asked us to try again: confirm that you read this, and we go on.',
    ],
    action: { label: 'Send me mail again', url: linkTo(appUrl, 'verify-email', token) },
    closing: 'The link works once, within 24 hours. If you did not ask for it, ignore this mail.',
  })

export const resetLetter = ({ username, appUrl, token }: AccountValues) =>
  compose({
    subject: 'Reset your Veza password',
    username,
    paragraphs: ['Somebody asked for a new password for your account. The link below lets you choose one.'],
    action: { label: 'Choose a new password', url: linkTo(appUrl, 'reset-password', token) },
    closing:
      'The link works once, within one hour. If you did not ask for it, ignore this mail: your password stays as it is.',
  })

type Moving = AccountValues & { readonly new_email: string }

export const oldAddressLetter = ({
  username,
  appUrl,
  token,
  new_email,
  disownToken,
}: Moving & { readonly disownToken: string }) =>
  compose({
    subject: 'Confirm the new address of your Veza account',
    username,
    paragraphs: [
      'Somebody who is signed in asked to move your account to another e-mail address. It moves once this address and the new one have agreed.',
    ],
    facts: [['New address', new_email]],
    action: { label: 'Agree to the change', url: linkTo(appUrl, 'confirm-email-change', token) },
    closing:
      'The link works once, within 24 hours. If this was not you, do not follow it: somebody else knows your password. Follow this one instead, which calls the change off, ends every session and asks for a new password:',
    disown: linkTo(appUrl, 'not-me', disownToken),
  })

export const newAddressLetter = ({ username, appUrl, token }: Moving) =>
  compose({
    subject: 'Confirm your new e-mail address',
    username,
    paragraphs: [
      'You asked for your Veza account to use this address. It does once this address and the old one have agreed.',
    ],
    action: { label: 'Confirm this address', url: linkTo(appUrl, 'confirm-email-change', token) },
    closing: 'The link works once, within 24 hours. If this was not you, ignore this mail.',
  })

export const accountExistsLetter = ({ username, appUrl }: Named) =>
  compose({
    subject: 'You already have a Veza account',
    username,
    paragraphs: [
      'Somebody tried to use this address for an account, but it already belongs to yours. Nothing was changed.',
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

export const accountSuspendedLetter = ({ username, suspended_until, suspended_reason }: SuspensionValues) =>
  compose({
    subject: 'Your Veza account is suspended',
    username,
    paragraphs: [
      'We have suspended your account and ended every session of it. Nothing of yours was deleted.',
    ],
    facts: [
      ['Reason', suspended_reason ?? 'None was given'],
      ['Until', suspended_until ? toMinute(suspended_until) : 'Further notice'],
    ],
    closing: 'If you think that this is a mistake, write to support.',
  })

export const exportReadyLetter = ({ username, appUrl, exportId }: Named & { readonly exportId: string }) =>
  compose({
    subject: 'Your Veza data are ready',
    username,
    paragraphs: ['The file with your data that was asked for has been made. You can fetch it for 24 hours.'],
    action: { label: 'Fetch my data', url: `${appUrl}/settings/exports/${exportId}` },
    closing: 'If you did not ask for it, sign in, change your password and end your other sessions.',
  })

interface WithdrawalValues {
  readonly username: string
  readonly title: string
  readonly number: number
  readonly filename: string
  readonly found_signature: string
}

/** Without a link: whoever writes a mail like this one wants it to be followed. */
export const versionWithdrawnLetter = ({
  username,
  title,
  number,
  filename,
  found_signature,
}: WithdrawalValues) =>
  compose({
    subject: 'A file of yours was taken out of Veza',
    username,
    paragraphs: [
      'Our virus scanner, which has learned since, found something harmful in a file that it had let pass before. The file can no longer be played or fetched, and a track that played it is silent until another version is chosen or uploaded.',
      'Check the computer the file comes from, export the sound anew and upload that.',
    ],
    facts: [
      ['Track', title],
      ['Version', String(number)],
      ['File', filename],
      ['Found', found_signature],
    ],
    closing: 'If you think that this is a mistake, write to support: a file that is found clean comes back.',
  })

/** Without a link, for the same reason; and without the name of the file, which is its uploader's. */
export const licensedFileWithdrawnLetter = ({
  username,
  title,
  found_signature,
}: Pick<WithdrawalValues, 'username' | 'title' | 'found_signature'>) =>
  compose({
    subject: 'A file that you have a licence of was taken out of Veza',
    username,
    paragraphs: [
      'Our virus scanner, which has learned since, found something harmful in a file that it had let pass before. You have a licence of it. Your licence stands; the file itself can no longer be downloaded.',
      'If you have downloaded it, do not open it any more, and have the computer that it is on checked.',
    ],
    facts: [
      ['Track', title],
      ['Found', found_signature],
    ],
    closing: 'For another file or your money back, write to the seller or to support.',
  })
