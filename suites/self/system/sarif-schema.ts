const text = { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } };
const level = { enum: ['none', 'note', 'warning', 'error'] };
const closed = (required: readonly string[], properties: Record<string, object>) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});

/**
 * What SARIF 2.1.0 asks of the parts that we write, and nothing else allowed, so that a new part is added here by hand.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
 */
export const sarifSchema = closed(['version', 'runs'], {
  $schema: { type: 'string' },
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    items: closed(['tool'], {
      tool: closed(['driver'], {
        driver: closed(['name'], {
          name: { type: 'string' },
          version: { type: 'string' },
          informationUri: { type: 'string', pattern: '^https://' },
          rules: {
            type: 'array',
            uniqueItems: true,
            items: closed(['id'], {
              id: { type: 'string' },
              shortDescription: text,
              helpUri: { type: 'string', pattern: '^https://' },
              defaultConfiguration: closed([], { level }),
            }),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: closed(['message'], {
          ruleId: { type: 'string' },
          ruleIndex: { type: 'integer', minimum: -1 },
          level,
          message: text,
          locations: {
            type: 'array',
            uniqueItems: true,
            items: closed([], {
              physicalLocation: closed([], {
                artifactLocation: closed([], { uri: { type: 'string', pattern: '^[^\\s\\\\]+$' } }),
                region: closed([], { startLine: { type: 'integer', minimum: 1 } }),
              }),
              logicalLocations: {
                type: 'array',
                uniqueItems: true,
                items: closed([], { fullyQualifiedName: { type: 'string' }, kind: { type: 'string' } }),
              },
            }),
          },
          partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
          suppressions: {
            type: 'array',
            uniqueItems: true,
            items: closed(['kind'], {
              kind: { enum: ['inSource', 'external'] },
              status: { enum: ['accepted', 'underReview', 'rejected'] },
              justification: { type: 'string' },
            }),
          },
        }),
      },
    }),
  },
});
