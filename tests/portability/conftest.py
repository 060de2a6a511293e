from tests.cases.world import shop_system, workflow

__all__ = ["shop_system", "workflow"]
