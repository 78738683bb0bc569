import { logger } from '../logger.ts'
import type { Assertion, Registration } from './passkey-schemas.ts'

export interface WebauthnSettings {
  /** The domain that passkeys are made for: no other one can ever use them. */
  readonly rpId: string
  /** Exact origins of the pages that may ask for them. */
  readonly origins: readonly string[]
}

export type Webauthn = ReturnType<typeof createWebauthn>

export interface KnownCredential {
  readonly credential_id: Buffer
  readonly transports: readonly string[]
}

/** ES256, EdDSA and RS256: what every authenticator has one of. */
const algorithms = [-7, -8, -257]

const noExtensions = { clientExtensionResults: {} }

/** By the first passkey: a sign-in without one need not read the 300 kB. */
const load = () => import('@simplewebauthn/server')

/** The ceremonies of WebAuthn, level 3. What does not verify is undefined, for whatever reason. */
export function createWebauthn({ rpId, origins }: WebauthnSettings) {
  const expected = (challenge: string) => ({
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
  })

  return {
    async registrationOptions(
      user: { id: string; username: string; display_name: string },
      known: KnownCredential[],
    ) {
      const { generateRegistrationOptions } = await load()
      return generateRegistrationOptions({
        rpName: 'Veza',
        rpID: rpId,
        userID: handleOf(user.id),
        userName: user.username,
        userDisplayName: user.display_name,
        attestationType: 'none',
        excludeCredentials: known.map(describe),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        supportedAlgorithmIDs: algorithms,
      })
    },

    /** With nobody's credentials the browser offers whatever passkeys it has for the domain. */
    async loginOptions(known: KnownCredential[] | undefined) {
      const { generateAuthenticationOptions } = await load()
      return generateAuthenticationOptions({
        rpID: rpId,
        userVerification: known ? 'preferred' : 'required',
        ...(known && { allowCredentials: known.map(describe) }),
      })
    },

    verifyRegistration: ({ response, ...credential }: Registration, challenge: string) =>
      orRefuse(async () => {
        refuseFrame(response.clientDataJSON)
        const { verifyRegistrationResponse } = await load()
        const { clientDataJSON, attestationObject } = response
        const verified = await verifyRegistrationResponse({
          response: { ...credential, ...noExtensions, response: { clientDataJSON, attestationObject } },
          ...expected(challenge),
          supportedAlgorithmIDs: algorithms,
        })
        return verified.verified ? verified.registrationInfo : undefined
      }),

    /** The counter is not compared here but where it is written. */
    verifyLogin: (
      { response, ...credential }: Assertion,
      challenge: string,
      publicKey: Buffer,
      requireUserVerification: boolean,
    ) =>
      orRefuse(async () => {
        refuseFrame(response.clientDataJSON)
        const { verifyAuthenticationResponse } = await load()
        const { clientDataJSON, authenticatorData, signature } = response
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: {
            ...credential,
            ...noExtensions,
            response: { clientDataJSON, authenticatorData, signature },
          },
          ...expected(challenge),
          requireUserVerification,
          credential: { id: credential.id, publicKey: new Uint8Array(publicKey), counter: 0 },
        })
        return verified ? authenticationInfo : undefined
      }),
  }
}

/** What an authenticator knows the user by: the 16 bytes of the id, which tell nothing. */
const handleOf = (userId: string) => new Uint8Array(Buffer.from(userId.replaceAll('-', ''), 'hex'))

export const isHandleOf = (handle: string, userId: string) =>
  Buffer.from(handle, 'base64url').equals(handleOf(userId))

const describe = ({ credential_id, transports }: KnownCredential) => ({
  id: credential_id.toString('base64url'),
  transports: [...transports],
})

/** A page of somebody else's that holds one of ours in a frame. */
function refuseFrame(clientData: string) {
  const { crossOrigin } = JSON.parse(Buffer.from(clientData, 'base64url').toString()) as {
    crossOrigin?: unknown
  }
  if (crossOrigin) throw new Error('Made in a frame of another origin')
}

/** The library throws at all that is wrong with what a client sends. */
async function orRefuse<T>(verify: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await verify()
  } catch (error) {
    logger.info('A passkey was refused', { reason: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}
