"""Every web address."""

urlpatterns: list[object] = []
