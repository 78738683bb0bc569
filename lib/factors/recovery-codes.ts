import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

/** Crockford's base32: no letter that passes for a digit or makes a word. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const codeLength = 10
const codesInSet = 10

/** 4 MiB and some 10 ms a code. The 50 bits of one take decades to search at a million guesses a second. */
const cost = { N: 4_096, r: 8, p: 1 }

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

export interface RecoveryCodeSet {
  /** As the user is shown them, once. */
  readonly codes: readonly string[]
  readonly salt: Buffer
  readonly hashes: readonly Buffer[]
}

export async function newRecoveryCodes(): Promise<RecoveryCodeSet> {
  const salt = randomBytes(16)
  const codes = Array.from({ length: codesInSet }, newCode)
  const hashes = await Promise.all(codes.map((code) => hashRecoveryCode(code, salt)))
  return { codes, salt, hashes }
}

/** 50 bits are few enough to be searched, so the hash is a slow one. */
export const hashRecoveryCode = (code: string, salt: Buffer) => deriveKey(normalize(code), salt, 32, cost)

/** In any case, with or without the dash, and with the letters that are read for digits. */
const normalize = (code: string) =>
  code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')

function newCode(): string {
  const text = Array.from(randomBytes(codeLength), (byte) => alphabet[byte % alphabet.length]).join('')
  return `${text.slice(0, 5)}-${text.slice(5)}`
}
