import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import type { StageName } from '../../infra/config.ts'
import { createApp } from '../../infra/create-app.ts'

const root = path.join(import.meta.dirname, '../..')
/** Functions that are deployed as images, each with its files. */
const images = ['scan-worker', 'definitions-updater']

/** Bundles stand in as empty files: what is tested here is the template, and synthesis is quick without them. */
function standInBundles() {
  const bundles = mkdtempSync(path.join(tmpdir(), 'veza-bundles-'))
  const functions = readdirSync(path.join(root, 'functions'), { withFileTypes: true })
  for (const { name } of functions.filter((entry) => entry.isDirectory())) {
    mkdirSync(path.join(bundles, name))
    writeFileSync(path.join(bundles, name, 'index.js'), '')
  }
  for (const name of images) {
    const image = path.join(root, 'functions', name, 'image')
    for (const file of readdirSync(image)) {
      copyFileSync(path.join(image, file), path.join(bundles, name, file))
    }
  }
  return bundles
}

export const bundles = standInBundles()

export const appFor = (stage: StageName): App =>
  createApp({ outdir: mkdtempSync(path.join(tmpdir(), 'veza-cdk-')), context: { stage, bundles } })

export interface Resource {
  readonly id: string
  readonly Type: string
  // The shape of a resource is CloudFormation's own, and differs for each type.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly Properties: any
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: string
}

export interface Synthesized {
  readonly data: Template
  readonly storage: Template
  readonly app: Template
  readonly routes: Template
}

export function synthesize(stage: StageName): Synthesized {
  // CDK's own rules take seconds; the test of findings leaves them on.
  process.env.CDK_VALIDATION = 'false'
  const app = appFor(stage)
  const template = (name: string) => Template.fromStack(app.node.findChild(`Veza-${stage}-${name}`) as Stack)
  return {
    data: template('Data'),
    storage: template('Storage'),
    app: template('App'),
    routes: template('Routes'),
  }
}

export function resources(template: Template, type?: string): Resource[] {
  const all = template.toJSON().Resources as Record<string, Omit<Resource, 'id'>>
  return Object.entries(all)
    .filter(([, resource]) => type === undefined || resource.Type === type)
    .map(([id, resource]) => ({ ...resource, id }))
}

/** Of all stacks. */
export const everyResource = ({ data, storage, app, routes }: Synthesized, type?: string) =>
  [data, storage, app, routes].flatMap((template) => resources(template, type))

/** The functions of ours, by the last part of their names; CDK's own helper has no name. */
export function functionsByName({ app }: Synthesized): ReadonlyMap<string, Resource> {
  return new Map(
    resources(app, 'AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.FunctionName)
      .map((fn) => [fn.Properties.FunctionName.replace(/^veza-[a-z]+-/, ''), fn]),
  )
}

/** The logical id that a reference leads to, in this stack or, by its export, in another. */
export function target(reference: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::ImportValue': exported } = reference as Record<string, unknown>
  if (typeof Ref === 'string') return Ref
  if (Array.isArray(attribute)) return attribute[0]
  if (typeof exported === 'string') return exported
  throw new Error(`Not a reference: ${JSON.stringify(reference)}`)
}
