"""What an audit pack holds, and the words of its first file."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the pack with what it says, in both languages: it leaves the portal and its pages behind."""

    name: str
    zh: str
    en: str


PARTS: Final = (
    Part("orders.csv", "本期下单的所有订单（不含姓名）", "orders placed in the period, no names"),
    Part(
        "order-lines.csv",
        "这些订单的明细，含注销号和证书编号",
        "their lines, with retirement and certificate",
    ),
    Part(
        "order-seedlings.csv",
        "这些订单资助的苗木，含植树活动和证书编号",
        "the seedlings that they fund, with planting and certificate",
    ),
    Part(
        "cash-journal.csv",
        "本期每一笔资金分录（最小货币单位）",
        "every line of the cash journal, in minor units",
    ),
    Part("retirements.csv", "本期归属到受益人的每一笔注销（克）", "every attribution, in grams"),
    Part("certificates.csv", "本期签发的所有证书", "certificates issued in the period"),
    Part("audit.csv", "本期工作人员和系统的每一次操作", "who did what in the period"),
    Part("settings.csv", "所有设置的全部版本", "every version of every setting"),
    Part("report.json", "本期报表的数字及其摘要", "the period's figures, with digests of closed months"),
    Part("log.jsonl", "截至最新检查点的完整透明日志", "the whole transparency log up to the checkpoint"),
    Part("log.checkpoint", "已签名的检查点", "the signed checkpoint"),
    Part("verify_certificate.py", "无需本平台即可核验证书的程序", "checks a certificate without the portal"),
)


def read_me(period: str, site_zh: str, site_en: str, made_at: str) -> str:
    """What the pack is and how to check it."""
    files = "\n".join(f"  {part.name:22} {part.zh}\n  {'':22} {part.en}" for part in PARTS)
    return (
        f"{site_zh} · {site_en}\n审计资料包 Audit pack {period}\n生成时间 Made at {made_at}\n\n{files}\n\n"
        "如何核对 How to check\n"
        "  sha256sum -c SHA256SUMS\n"
        "  cash-journal.csv 各订单之和应等于已收减已退。"
        "The lines of an order add up to what came in less what went back.\n"
        "  retirements.csv 的每一行在 log.jsonl 中都有一条 retirement 记录。"
        "Every line has a record of kind retirement in the log.\n"
        "  python3 verify_certificate.py --help\n"
        "  flask --app app ledger verify   （在平台服务器上 on the portal's machine）\n"
    )
