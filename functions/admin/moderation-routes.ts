import { commentParams } from '../../lib/comments/schemas.ts'
import { defineRoutes, noContent, pageQuery } from '../../lib/http/route.ts'
import {
  commentEditPage,
  listReports,
  reportCasePage,
  reportEntryPage,
  reportParams,
  resolveReport,
} from '../../lib/moderation/schemas.ts'

export const moderationRoutes = defineRoutes({
  listReports: {
    method: 'GET',
    path: '/api/v1/admin/reports',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'read', step_up: false },
    summary: 'List what was reported, each thing once, what came up last first',
    query: listReports,
    status: 200,
    response: reportCasePage,
    problems: ['invalid_request'],
  },
  listReportEntries: {
    method: 'GET',
    path: '/api/v1/admin/reports/{report_id}/entries',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'read', step_up: false },
    summary: 'List who reported a thing and why, newest first; nobody reads what is about themselves',
    params: reportParams,
    query: pageQuery,
    status: 200,
    response: reportEntryPage,
    problems: ['invalid_request', 'not_found'],
  },
  resolveReport: {
    method: 'POST',
    path: '/api/v1/admin/reports/{report_id}/resolve',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'write', step_up: false },
    summary:
      'Decide what becomes of a reported thing; to suspend its author is for admins who signed in just now',
    params: reportParams,
    body: resolveReport,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict', 'step_up_required'],
  },
  listCommentEdits: {
    method: 'GET',
    path: '/api/v1/admin/comments/{comment_id}/edits',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'read', step_up: false },
    summary: 'List what a comment said before it was edited, newest first',
    params: commentParams,
    query: pageQuery,
    status: 200,
    response: commentEditPage,
    problems: ['invalid_request', 'not_found'],
  },
})
