import { randomInt, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Resource, Template } from '../template.ts'
import { addVersion, type SecretVersion, type SecretVersions, versionAt } from './secret-versions.ts'

export interface Secret {
  readonly arn: string
  readonly name: string
  readonly versions: SecretVersions
}

/** The secrets of the template; their values are made once for a data directory and then stay. */
export interface Secrets {
  /** By ARN, by ARN without its random end, or by name. */
  find(id: string): Secret | undefined
  /** The current value; throws where there is no such secret. */
  value(id: string): string
  put(id: string, value: string): void
  /** Replaces the versions by what is made of them. */
  change(id: string, make: (versions: SecretVersions, now: string) => SecretVersions): void
}

interface GenerateRules {
  readonly SecretStringTemplate?: string
  readonly GenerateStringKey?: string
  readonly PasswordLength?: number
  readonly ExcludeCharacters?: string
  readonly ExcludeLowercase?: boolean
  readonly ExcludeUppercase?: boolean
  readonly ExcludeNumbers?: boolean
  readonly ExcludePunctuation?: boolean
  readonly IncludeSpace?: boolean
  readonly RequireEachIncludedType?: boolean
}

type Stored = Record<string, SecretVersions>

export function openSecrets(options: {
  readonly template: Pick<Template, 'ofType'>
  readonly dataDir: string
  readonly now: () => Date
}): Secrets {
  const file = path.join(options.dataDir, 'secrets.json')
  const stored: Stored = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const resources = options.template.ofType('AWS::SecretsManager::Secret')
  const version = (value: string): SecretVersion => ({
    id: randomUUID(),
    value,
    stages: ['AWSCURRENT'],
    created_at: options.now().toISOString(),
  })
  for (const resource of resources) stored[resource.ref] ??= [version(initialValue(resource))]
  write(file, stored)

  const all = resources.map((resource) => ({ arn: resource.ref, name: nameOf(resource) }))
  const find = (id: string): Secret | undefined => {
    const found = all.find(
      ({ arn, name }) => arn === id || name === id || arn.replace(/-[^-]{6}$/, '') === id,
    )
    return found && { ...found, versions: stored[found.arn] ?? [] }
  }
  const demand = (id: string) => find(id) ?? missing(id)

  const change: Secrets['change'] = (id, make) => {
    const { arn, versions } = demand(id)
    stored[arn] = make(versions, options.now().toISOString())
    write(file, stored)
  }

  return {
    find,
    value: (id) => versionAt(demand(id).versions, 'AWSCURRENT')!.value!,
    put: (id, value) => change(id, (versions) => addVersion(versions, version(value))),
    change,
  }
}

const missing = (id: string): never => {
  throw new Error(`There is no secret ${id}`)
}

const nameOf = (resource: Resource) =>
  String(resource.properties.Name ?? resource.ref.split(':secret:')[1]?.replace(/-[^-]{6}$/, ''))

function write(file: string, stored: Stored): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(stored, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function initialValue({ properties }: Resource): string {
  if (typeof properties.SecretString === 'string') return properties.SecretString
  const rules = (properties.GenerateSecretString ?? {}) as GenerateRules
  const generated = generate(rules)
  if (rules.SecretStringTemplate === undefined || rules.GenerateStringKey === undefined) return generated
  return JSON.stringify({ ...JSON.parse(rules.SecretStringTemplate), [rules.GenerateStringKey]: generated })
}

/** As Secrets Manager: 32 characters of every kind that is not excluded, with one of each kind in it. */
export function generate(rules: GenerateRules): string {
  const excluded = new Set(rules.ExcludeCharacters ?? '')
  const kinds = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
    rules.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    rules.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((char) => !excluded.has(char)))
    .filter((kind) => kind.length > 0)
  const length = rules.PasswordLength ?? 32
  const all = kinds.flat()
  for (;;) {
    const chars = Array.from({ length }, () => all[randomInt(all.length)]!)
    const complete = kinds.every((kind) => chars.some((char) => kind.includes(char)))
    if (complete || rules.RequireEachIncludedType === false || length < kinds.length) return chars.join('')
  }
}
