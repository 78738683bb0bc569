import { createHash, randomBytes } from 'node:crypto'

/** 256 bits that name themselves by their hash: the database keeps the hash, only the holder the token. */
export const randomToken = () => randomBytes(32).toString('base64url')

export const hashToken = (token: string) => createHash('sha256').update(token).digest()
