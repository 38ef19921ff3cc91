import type { Option } from './option.ts';

/** Who answers for what is tested. It stands in conformance.yaml as it is given; empty where it is not. */
export type ImplementationConfig = {
  organization: string;
  project: string;
  url: string;
  implementationVersion: string;
  contact: string[];
  additionalInformation: string;
};

const option = (
  flag: string,
  placeholder: string,
  help: string,
  type: 'string' | 'list' = 'string',
): Option => ({ flag, type, placeholder, help: `conformance.yaml: ${help}` });

/** The flags are the fields of the report, but for `--version`, which would be taken for ours. */
export const implementationOptions: Record<keyof ImplementationConfig, Option> = {
  organization: option('organization', 'NAME', 'who makes the plugin'),
  project: option('project', 'NAME', 'what the plugin is called'),
  url: option('url', 'URL', 'where the project lives'),
  implementationVersion: option(
    'implementation-version',
    'VERSION',
    'the release, tag or commit that is tested',
  ),
  contact: option('contact', 'WHO', 'whom to ask, a handle or an address (repeatable)', 'list'),
  additionalInformation: option(
    'additional-information',
    'TEXT',
    'anything else, such as a link to the public CI run',
  ),
};

/** Flags of what is not said although something is: whoever submits the report needs all of it. */
export const missingImplementation = (config: ImplementationConfig): string[] => {
  const keys = Object.keys(implementationOptions) as (keyof ImplementationConfig)[];
  const missing = keys.filter((key) => config[key].length === 0);
  return missing.length === keys.length ? [] : missing.map((key) => `--${implementationOptions[key].flag}`);
};
