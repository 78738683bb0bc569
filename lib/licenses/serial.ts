import { randomBytes } from 'node:crypto'

/** Crockford's base 32: no letter that is read as another one. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const characters = 16

/** `VZ-XXXX-XXXX-XXXX-XXXX`, 80 bits that nobody guesses: a serial lets whoever has it see that a licence is valid. */
export const createSerial = (): string =>
  toSerial(Array.from(randomBytes(characters), (byte) => alphabet[byte & 31]).join(''))

/** A serial as somebody has typed it off a page; undefined for what is none. */
export function parseSerial(text: string): string | undefined {
  const typed = text.toUpperCase().replaceAll(/[\s-]/g, '').replace(/^VZ/, '')
  const read = typed.replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return read.length === characters && [...read].every((letter) => alphabet.includes(letter))
    ? toSerial(read)
    : undefined
}

const toSerial = (letters: string) => `VZ-${letters.match(/.{4}/g)!.join('-')}`
