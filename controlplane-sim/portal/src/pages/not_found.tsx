// SPDX-License-Identifier: Apache-2.0
import { LinkButton } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { Empty } from "../ui/states.tsx";

export default function NotFound() {
  return (
    <Page title="No such page">
      <Empty title="There is nothing at this address" action={<LinkButton to="/">Go to the overview</LinkButton>}>
        The link may be old, or a part of it may be missing.
      </Empty>
    </Page>
  );
}
