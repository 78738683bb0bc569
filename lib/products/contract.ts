import * as z from 'zod/mini'
import { prose } from '../text.ts'

/** What a contract can name that is known only once it is made, each with what it stands for. */
export const contractVariables = {
  contract_date: 'the day of the contract',
  licensor_name: "the seller's legal name",
  licensor_alias: 'the name that the seller goes by here',
  licensor_address: "the seller's address",
  licensee_name: "the buyer's legal name",
  licensee_alias: 'the name that the buyer goes by here',
  licensee_address: "the buyer's address",
  product: 'the title of the product',
  track: 'the title of the track',
  license: 'the name of the licence',
  price: 'what was paid, with its currency',
  order_number: 'the number of the order',
  serial: 'the serial of the licence',
  limits: 'all limits, a line each',
  distribution_copies: 'how many copies may be distributed',
  audio_streams: 'how many audio streams there may be',
  music_videos: 'how many music videos may be made',
  monetised_video_views: 'how many views monetised videos may have',
  non_monetised_video_views: 'how many views other videos may have',
  radio_stations: 'how many radio stations may play it',
  paid_performances: 'how many paid performances there may be',
  term: 'for how long it is given',
  territory: 'where it is given for',
  sync: 'whether it may go with pictures',
  credit: 'whether the seller must be named',
  publishing_split: "the seller's share of the publishing",
  files: 'the files that are delivered',
} as const

export type ContractVariable = keyof typeof contractVariables
export type ContractValues = Readonly<Record<ContractVariable, string>>

const variable = /\{\{\s*(\w+)\s*\}\}/g

const isKnown = (name: string): name is ContractVariable => Object.hasOwn(contractVariables, name)

/** What is wrong with the variables of a text; undefined where nothing is. */
export function findContractFault(text: string): { code: string; message: string } | undefined {
  const unknown = [...text.matchAll(variable)].map(([, name]) => name!).filter((name) => !isKnown(name))
  const known = Object.keys(contractVariables).join(', ')
  if (unknown.length > 0) {
    const names = [...new Set(unknown)].slice(0, mostNamed).map((name) => `{{${name}}}`)
    return {
      code: 'unknown_variable',
      message: `There is no ${names.join(', ')}. There are: ${known}`,
    }
  }
  if (!/\{\{|\}\}/.test(text.replaceAll(variable, ''))) return undefined
  return {
    code: 'malformed_variable',
    message: `Double braces hold the name of one variable. There are: ${known}`,
  }
}

const mostNamed = 5

/** The text of a contract, its variables still open. */
export const contractText = prose(20_000).check(
  z.minLength(1),
  z.check((context) => {
    const fault = typeof context.value === 'string' && findContractFault(context.value)
    if (!fault) return
    const { code, message } = fault
    context.issues.push({ code: 'custom', message, params: { code }, input: context.value })
  }),
)

/** In one go, so that whatever stands in a value is text and no variable. */
export const renderContract = (text: string, values: ContractValues): string =>
  text.replaceAll(variable, (open, name: string) => (isKnown(name) ? values[name] : open))
