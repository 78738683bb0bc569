import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ensureAdmin } from '../../../infra/local/admin-account.ts'
import { createOperatorService, grantRoleRequest } from '../../../lib/admin/operator-service.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { withDatabase } from '../../support/server.ts'

const { sql, url, settings } = useDatabase()
const api = createAccountsApi(sql)
const operators = createOperatorService({ sql })

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'veza-admin-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

const start = () =>
  ensureAdmin({
    dataDir,
    databaseUrl: withDatabase(url, settings.database),
    invoke: async (_, payload) => {
      await operators.grantRole(grantRoleRequest.parse(JSON.parse(payload)), 'start')
      return { requestId: 'start', payload: 'null' }
    },
  })

test('a platform has one admin from its first start, who stays the same', async () => {
  const admin = await start()
  const again = await start()

  expect(again).toEqual(admin)
  const { status, body } = await api.login(admin.email, admin.password)
  expect(status).toBe(200)
  expect(body.user).toMatchObject({ role: 'admin', email: admin.email })
  await expect(sql`select from audit_events where action = 'user.role_changed'`).resolves.toHaveLength(1)
})

test('one whose password was lost gets another', async () => {
  const before = await start()
  await rm(path.join(dataDir, 'admin.json'))

  const after = await start()

  expect(after.password).not.toBe(before.password)
  expect((await api.login(after.email, before.password)).status).toBe(401)
  expect((await api.login(after.email, after.password)).status).toBe(200)
})
