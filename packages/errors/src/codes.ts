/**
 * The closed set of error codes, and under each code the closed set of reasons.
 *
 * Whether a call may be repeated, whether it may have changed something and what to do next are part of the
 * contract: they stand here once and are never decided where an error is thrown.
 *
 * `tookEffect: 'maybe'` is what a caller must assume when the error does not say otherwise.
 */
export const codes = {
  VALIDATION_ERROR: {
    tookEffect: 'no',
    reasons: {
      schema: { retryable: false, nextStep: 'Correct the fields named in details.issues and call again.' },
      rule: { retryable: false, nextStep: 'Correct the fields named in details.issues and call again.' },
      cursor: { retryable: false, nextStep: 'Repeat the search without cursor and page on from its answer.' },
      too_large: { retryable: false, nextStep: 'Send less: shorten the texts or split the request.' },
      result_too_large: {
        retryable: false,
        nextStep: 'Ask for less: a smaller limit, fewer fields or a tighter filter.',
      },
    },
  },
  PERMISSION_DENIED: {
    tookEffect: 'no',
    reasons: {
      not_granted: { retryable: false, nextStep: 'Do not retry. Call list_scopes to see what you may do.' },
      purpose: { retryable: false, nextStep: 'Do not retry under this purpose. Call whoami to see yours.' },
      read_only: { retryable: false, nextStep: 'Do not retry. This caller may only read.' },
      scope_missing: { retryable: false, nextStep: 'Ask for a token that carries the scope in details.scope.' },
      rows: { retryable: false, nextStep: 'Do not retry. Call list_scopes to see the rows you may use.' },
      masked_field: { retryable: false, nextStep: 'Repeat the call without the fields in details.fields.' },
      token_expired: { retryable: false, nextStep: 'Ask the person to renew the token of this server.' },
      token_invalid: { retryable: false, nextStep: 'Ask the person to configure a token for this server.' },
      client_certificate: { retryable: false, nextStep: 'Connect with the client certificate your role requires.' },
      approval_denied: { retryable: false, nextStep: 'Do not retry. A person refused this; tell the user.' },
      approval_expired: { retryable: false, nextStep: 'Make the call again with a new idempotency_key to ask anew.' },
      approval_mismatch: { retryable: false, nextStep: 'Make the call again, unchanged, to ask for its own approval.' },
      approval_used: { retryable: false, nextStep: 'Make the call again with a new idempotency_key to ask anew.' },
    },
  },
  NOT_FOUND: {
    tookEffect: 'no',
    reasons: {
      absent: { retryable: false, nextStep: 'Check the id; search for the record if you are not sure of it.' },
      unknown_tool: { retryable: false, nextStep: 'Call tools/list and use one of the names there.' },
      unknown_resource: { retryable: false, nextStep: 'Call resources/templates/list and use one of the forms there.' },
    },
  },
  CONFLICT: {
    tookEffect: 'no',
    reasons: {
      key_reused: { retryable: false, nextStep: 'Use a new idempotency_key for a new effect.' },
      in_progress: { retryable: true, nextStep: 'Wait, then send the same call with the same idempotency_key.' },
      stale: { retryable: false, nextStep: 'Read the record again and decide anew.' },
      draft_used: { retryable: false, nextStep: 'This draft was already used. Make a new draft for a new ticket.' },
      exists: { retryable: false, nextStep: 'Read the existing record instead of creating it again.' },
    },
  },
  APPROVAL_REQUIRED: {
    tookEffect: 'no',
    reasons: {
      pending: {
        retryable: false,
        nextStep: 'Ask for approval, then send the same call with the same idempotency_key.',
      },
    },
  },
  RATE_LIMITED: {
    tookEffect: 'no',
    reasons: {
      principal_rate: { retryable: true, nextStep: 'Wait, then send the same call again.' },
      principal_tool_rate: { retryable: true, nextStep: 'Wait, then send the same call again.' },
      concurrency: { retryable: true, nextStep: 'Wait for your other calls to end, then send this one again.' },
      upstream_rate: { retryable: true, nextStep: 'Wait, then send the same call again.' },
    },
  },
  UPSTREAM_TIMEOUT: {
    tookEffect: 'maybe',
    reasons: {
      deadline: { retryable: true, nextStep: 'Send the same call again; ask for less if it repeats.' },
      not_executed: { retryable: true, nextStep: 'Send the same call again with the same idempotency_key.' },
      settling: { retryable: true, nextStep: 'Wait, then send the same call with the same idempotency_key.' },
      outcome_unknown: {
        retryable: false,
        nextStep: 'Do not repeat it. Check whether it happened, then tell the user.',
      },
    },
  },
  UPSTREAM_UNAVAILABLE: {
    tookEffect: 'no',
    reasons: {
      store_down: { retryable: true, nextStep: 'Try the same call again in a minute.' },
      audit_down: { retryable: true, nextStep: 'Try the same call again in a minute.' },
      refused: { retryable: true, nextStep: 'Try the same call again in a minute.' },
      breaker_open: { retryable: true, nextStep: 'Try the same call again after the time given.' },
      draining: { retryable: true, nextStep: 'Send the same call again; another process will take it.' },
      keys_unavailable: { retryable: true, nextStep: 'Try the same call again in a minute.' },
      credential: {
        retryable: false,
        nextStep: 'Do not retry. Tell the contact that this server cannot log in upstream.',
      },
      upstream_drift: {
        retryable: false,
        nextStep: 'Do not retry. Tell the contact that the upstream system has changed.',
      },
      outcome_unknown: {
        retryable: false,
        nextStep: 'Do not repeat it. Check whether it happened, then tell the user.',
      },
    },
  },
  INTERNAL: {
    tookEffect: 'maybe',
    reasons: {
      bug: { retryable: false, nextStep: 'Do not retry. Give the request_id to the contact.' },
      output_contract: { retryable: false, nextStep: 'Do not retry. Give the request_id to the contact.' },
    },
  },
} as const satisfies Record<string, CodeRow>

interface CodeRow {
  readonly tookEffect: 'no' | 'maybe'
  readonly reasons: Readonly<Record<string, { readonly retryable: boolean; readonly nextStep: string }>>
}

export type Code = keyof typeof codes
/** The reasons that exist under code `C`. */
export type Reason<C extends Code = Code> = C extends Code ? keyof (typeof codes)[C]['reasons'] & string : never
