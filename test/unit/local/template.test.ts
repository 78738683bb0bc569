// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are those of Fn::Sub.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTemplate, loadTemplate, type StackDocument } from '../../../infra/local/template.ts'

const places = {
  frontDoorUrl: 'http://127.0.0.1:4566',
  apiUrl: 'http://127.0.0.1:3000',
  databaseHost: '127.0.0.1',
  databasePort: 6543,
}

const one = (document: StackDocument, parameters: Record<string, string> = {}) =>
  createTemplate(new Map([['App', document]]), parameters, places)

/** What a value becomes as a property of a resource. */
const resolved = (value: unknown, document: StackDocument = {}, parameters: Record<string, string> = {}) =>
  one(
    { ...document, Resources: { ...document.Resources, Thing: { Type: 'X::Y::Z', Properties: { value } } } },
    parameters,
  ).resources.get('App.Thing')?.properties.value

const storage: StackDocument = {
  Resources: {
    Uploads: { Type: 'AWS::S3::Bucket', Properties: {} },
    Scan: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': 'veza-${Stage}-scan' } } },
    Key: { Type: 'AWS::SecretsManager::Secret', Properties: {} },
    Worker: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'veza-local-scan' } },
    Cluster: { Type: 'AWS::RDS::DBCluster', Properties: {} },
  },
  Parameters: { Stage: { Type: 'String', Default: 'local' } },
}

test.each([
  ['a parameter given', { Ref: 'Stage' }, { Stage: 'dev' }, 'dev'],
  ['a parameter left to its default', { Ref: 'Stage' }, {}, 'local'],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, {}, 'us-east-1'],
  ['a queue', { Ref: 'Scan' }, {}, 'http://127.0.0.1:4566/000000000000/veza-local-scan'],
  [
    'a queue ARN',
    { 'Fn::GetAtt': ['Scan', 'Arn'] },
    {},
    'arn:aws:sqs:us-east-1:000000000000:veza-local-scan',
  ],
  ['a bucket', { Ref: 'Uploads' }, {}, 'app-uploads'],
  ['a bucket ARN', { 'Fn::GetAtt': 'Uploads.Arn' }, {}, 'arn:aws:s3:::app-uploads'],
  ['a function', { Ref: 'Worker' }, {}, 'veza-local-scan'],
  ['the database', { 'Fn::GetAtt': ['Cluster', 'Endpoint.Port'] }, {}, '6543'],
  ['a join', { 'Fn::Join': ['/', ['a', { Ref: 'Stage' }]] }, {}, 'a/local'],
  [
    'a sub with values',
    { 'Fn::Sub': ['${A}-${Scan.QueueName}-${!B}', { A: '1' }] },
    {},
    '1-veza-local-scan-${B}',
  ],
  ['select of a split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, {}, 'b'],
])('resolves %s', (_name, value, parameters: Record<string, string>, expected) => {
  expect(resolved(value, storage, parameters)).toBe(expected)
})

test('gives a secret an ARN that stays the same', () => {
  const arn = resolved({ Ref: 'Key' }, storage)

  expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:App-Key-[0-9a-f]{6}$/)
  expect(resolved({ Ref: 'Key' }, storage)).toBe(arn)
})

test('follows conditions and leaves out what they rule out', () => {
  const document: StackDocument = {
    ...storage,
    Conditions: {
      IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
      NotProd: { 'Fn::Not': [{ Condition: 'IsProd' }] },
    },
    Resources: { Only: { Type: 'A::B::C', Condition: 'IsProd' } },
  }
  const value = {
    kept: { 'Fn::If': ['NotProd', 'yes', 'no'] },
    dropped: { 'Fn::If': ['IsProd', 'yes', { Ref: 'AWS::NoValue' }] },
  }

  expect(resolved(value, document)).toEqual({ kept: 'yes' })
  expect(one(document).resources.has('App.Only')).toBe(false)
  expect(one(document, { Stage: 'prod' }).resources.has('App.Only')).toBe(true)
})

test('reads a map', () => {
  const document = { Mappings: { Regions: { 'us-east-1': { zone: 'Z1' } } } }

  expect(resolved({ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Region' }, 'zone'] }, document)).toBe('Z1')
})

test('imports what another stack exports', () => {
  const exported = { Outputs: { Out: { Value: { Ref: 'Scan' }, Export: { Name: 'Storage:Scan' } } } }
  const template = createTemplate(
    new Map<string, StackDocument>([
      ['Storage', { ...storage, ...exported }],
      ['App', { Outputs: { ScanUrl: { Value: { 'Fn::ImportValue': 'Storage:Scan' } } } }],
    ]),
    {},
    places,
  )

  expect(template.output('ScanUrl')).toBe('http://127.0.0.1:4566/000000000000/veza-local-scan')
})

test('keeps the Condition of a policy statement, which is no intrinsic', () => {
  const statement = { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }

  expect(resolved(statement)).toEqual(statement)
})

test.each([
  ['an unknown resource', { Ref: 'Nobody' }, 'App.Thing.Properties.value: the stack has no resource Nobody'],
  [
    'an unknown attribute',
    { 'Fn::GetAtt': ['Scan', 'Colour'] },
    'App.Thing.Properties.value: AWS::SQS::Queue has no attribute Colour here',
  ],
  [
    'an unknown intrinsic',
    { 'Fn::Transform': {} },
    'App.Thing.Properties.value: Fn::Transform is not known here',
  ],
  [
    'an export nobody made',
    { 'Fn::ImportValue': 'gone' },
    'App.Thing.Properties.value: no stack exports gone',
  ],
])('says where %s stands', (_name, value, message) => {
  expect(() => resolved(value, storage)).toThrow(message)
})

test('refuses a name that is made of itself', () => {
  const document = {
    Resources: { Loop: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Loop' } } } },
  }

  expect(() => resolved({ Ref: 'Loop' }, document)).toThrow('Ref App.Loop refers to itself')
})

test('finds the code of a function in the asset manifests', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'veza-assembly-'))
  const document = {
    Resources: {
      Zip: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'abc.zip' } } },
      Image: { Type: 'AWS::Lambda::Function', Properties: { Code: { ImageUri: 'registry/assets:def' } } },
      Lost: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'other.zip' } } },
    },
  }
  const manifest = {
    files: { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } },
    dockerImages: { def: { source: { directory: '/image' }, destinations: { here: { imageTag: 'def' } } } },
  }
  writeFileSync(path.join(directory, 'App.template.json'), JSON.stringify(document))
  writeFileSync(path.join(directory, 'App.assets.json'), JSON.stringify(manifest))

  const template = loadTemplate(directory, {})
  const pathOf = (id: string) => template.assetPath(template.resources.get(`App.${id}`)!)

  expect(pathOf('Zip')).toBe(path.join(directory, 'asset.abc'))
  expect(pathOf('Image')).toBe('/image')
  expect(() => pathOf('Lost')).toThrow('The code of App.Lost is in no asset manifest')
  rmSync(directory, { recursive: true })
})
