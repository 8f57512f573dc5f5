// Copies the address, which holds the filter, the order and the columns of what is on the screen.
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { copyText } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";

export function ShareButton() {
  const share = () =>
    copyText(location.href).then(
      () => toast({ message: "Copied the address of this table" }),
      (error: unknown) =>
        toast({ message: `The address was not copied: ${errorText(error)}`, tone: "bad" }),
    );
  return (
    <Button
      size="small"
      onClick={() => void share()}
      title="Copy the address of this table as it is now"
    >
      <Icon name="share" size={14} /> Share
    </Button>
  );
}
