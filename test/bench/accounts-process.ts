import { createRequire } from 'node:module'
import path from 'node:path'
import { verify } from '@node-rs/bcrypt'
import { accountRoutes } from '../../functions/auth/account-routes.ts'
import { context, httpEvent } from '../support/api.ts'
import type { AccountTimes } from './accounts.ts'

/**
 * Times the auth bundle in alternating rounds, each call from an address of its own and about a user of its own.
 * A process of its own, so that its log lines are written as in Lambda and read by nobody.
 */
const { rounds, password, password_hash } = JSON.parse(process.env.BENCH_ACCOUNTS!)
const { handler } = createRequire(import.meta.url)(path.resolve('dist/auth/index.js'))

let calls = 0
const post = async (route: keyof typeof accountRoutes, body: object, expected: number) => {
  calls += 1
  const ip = `2001:db8:${(calls >> 16).toString(16)}:${(calls & 0xffff).toString(16)}::1`
  const { statusCode, body: text } = await handler(httpEvent(accountRoutes[route], { body, ip }), context())
  if (statusCode !== expected) throw new Error(`${route} answered ${statusCode}: ${text}`)
}
const login = (identifier: string, given: string, expected: number) =>
  post('login', { identifier, password: given }, expected)
const register = (email: string, username: string) => post('register', { email, username, password }, 202)

const ways: { readonly [K in keyof AccountTimes]: (round: number) => Promise<unknown> } = {
  login: (round) => login(`welcome_${round}`, password, 200),
  verify: () => verify(password, password_hash),
  register_known: (round) => register(`welcome_${round}@bench.example`, `late_${round}`),
  register_unknown: (round) => register(`new_${round}@bench.example`, `new_${round}`),
  refused_known: (round) => login(`refused_${round}`, 'not the password', 401),
  refused_unknown: (round) => login(`nobody_${round}`, 'not the password', 401),
}
const names = Object.keys(ways) as (keyof AccountTimes)[]
const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
  keyof AccountTimes,
  number[]
>

const warmUp = Math.floor(rounds / 8)
for (let round = 1; round <= rounds; round++) {
  // In another order each time, so that none always follows the same one.
  for (let at = 0; at < names.length; at++) {
    const name = names[(at + round) % names.length]!
    const started = performance.now()
    await ways[name](round)
    if (round > warmUp) times[name].push(performance.now() - started)
  }
}
process.send!(times)
process.exit()
