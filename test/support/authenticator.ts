import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** Everything about an answer that can be made wrong. */
export interface Ceremony {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly isUserVerified?: boolean
  readonly isUserPresent?: boolean
  /** The user handle to tell; none where it is null. */
  readonly userHandle?: string | null
  readonly signCount?: number
  /** Spoils the signature. */
  readonly isForged?: boolean
}

interface CreationOptions {
  readonly challenge: string
  readonly user?: { readonly id: string }
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest()

/** A passkey in software: ES256 and no attestation. It counts, or says 0 for ever. */
export function createAuthenticator({ doesCount = true, isSynced = false } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let count = 0
  let handle: string | undefined

  const clientData = (
    type: string,
    challenge: string,
    { origin = 'http://localhost:5173', ...how }: Ceremony,
  ) =>
    Buffer.from(
      JSON.stringify({
        type: how.type ?? type,
        challenge: how.challenge ?? challenge,
        origin,
        crossOrigin: how.crossOrigin ?? false,
      }),
    )

  const authenticatorData = (how: Ceremony, attested: Uint8Array = new Uint8Array()) => {
    const { rpId = 'localhost', isUserVerified = true, isUserPresent = true } = how
    if (doesCount) count += 1
    const flags =
      (isUserPresent ? 1 : 0) |
      (isUserVerified ? 4 : 0) |
      (isSynced ? 0x18 : 0) |
      (attested.length > 0 ? 0x40 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(how.signCount ?? count)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter, attested])
  }

  const attestedCredential = () => {
    const { x, y } = publicKey.export({ format: 'jwk' })
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(x!, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(y!, 'base64url'))],
    ])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    return Buffer.concat([Buffer.alloc(16), length, id, isoCBOR.encode(key)])
  }

  const credential = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
  } as const

  return {
    credentialId: credential.id,

    /** What `navigator.credentials.create` gives. */
    create(options: CreationOptions, how: Ceremony = {}) {
      handle = options.user?.id
      const authData = new Uint8Array(authenticatorData(how, attestedCredential()))
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ])
      return {
        ...credential,
        clientExtensionResults: { credProps: { rk: true } },
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, how).toString('base64url'),
          attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
          transports: ['internal', 'hybrid'],
        },
      }
    },

    /** What `navigator.credentials.get` gives. */
    get(options: CreationOptions, how: Ceremony = {}) {
      const client = clientData('webauthn.get', options.challenge, how)
      const data = authenticatorData(how)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      if (how.isForged) signature[signature.length - 1]! ^= 1
      const userHandle = how.userHandle === undefined ? handle : how.userHandle
      return {
        ...credential,
        clientExtensionResults: {},
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(userHandle && { userHandle }),
        },
      }
    },
  }
}

export type Authenticator = ReturnType<typeof createAuthenticator>
