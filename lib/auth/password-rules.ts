import { AppError } from '../errors.ts'

/** bcrypt ignores what comes after. */
export const longestPasswordBytes = 72

export const fitsBcrypt = (password: string) => Buffer.byteLength(password) <= longestPasswordBytes

/** Refuses what an attacker who knows the account tries first. */
export function refuseWeakPassword({
  password,
  username,
  email,
}: Record<'password' | 'username' | 'email', string>) {
  const guesses = [username, email, email.slice(0, email.lastIndexOf('@'))]
  if (!guesses.includes(password.toLowerCase())) return
  throw new AppError('validation_failed', 'The password is too easy to guess', {
    errors: [
      {
        pointer: '#/body/password',
        code: 'password_too_weak',
        detail: 'The password must differ from the username and the e-mail address',
      },
    ],
  })
}
