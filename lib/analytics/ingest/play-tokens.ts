import type { LoadKeys } from '../../auth/key-ring.ts'
import { type IssuedPlay, verifyPlayToken } from '../../plays/play-token.ts'
import type { ReportedEvent } from './catalogue.ts'

/** The plays that the tokens of some events stand for, each looked at once; those that are none of ours are left out. */
export async function readPlayTokens(loadKeys: LoadKeys, events: readonly ReportedEvent[], now: Date) {
  const tokens = new Set(events.map(tokenOf).filter((token) => token !== undefined))
  const plays = new Map<string, IssuedPlay>()
  for (const token of tokens) {
    const play = await verifyPlayToken(loadKeys, token, now)
    if (play) plays.set(token, play)
  }
  return plays
}

export const tokenOf = (event: ReportedEvent) => ('play_token' in event ? event.play_token : undefined)
